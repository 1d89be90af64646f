"""Where source partitions begin and end, asked of the brokers."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.kafka.consumers import committed_consumer
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.settings import Settings

ANSWER_SECONDS: Final = 3.0
SILENT_SECONDS: Final = 10.0
"""How long brokers may fail to answer before the worker says that it is not ready."""


class OffsetRange(NamedTuple):
    """What the brokers hold of a partition: offsets from `begin` up to, not including, `end`."""

    begin: int
    end: int


class Watermarks:
    """Asks where the committed records of partitions end, with a consumer of its own."""

    def __init__(self, settings: Settings) -> None:
        """Name the brokers."""
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._turn = asyncio.Lock()
        """Held while the consumer is in use, so that a stop does not take it away meanwhile."""
        self._answered = monotonic()

    @property
    def silent(self) -> bool:
        """Tell whether the brokers have failed to answer for some time."""
        return monotonic() - self._answered > SILENT_SECONDS

    async def read(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, OffsetRange]:
        """Give what is held of each partition, committed records only; none if no answer."""
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    consumer = self._consumer
                    if consumer is None:
                        consumer = committed_consumer(self._settings, group_id=None)
                        self._consumer = consumer
                        await consumer.start()
                    begins = await consumer.beginning_offsets(partitions) if partitions else {}
                    ends = await consumer.end_offsets(partitions) if partitions else {}
            except (KafkaError, TimeoutError):
                await self._let_go()
                return {}
        self._answered = monotonic()
        return {each: OffsetRange(begins[each], ends[each]) for each in partitions}

    async def stop(self) -> None:
        """Let go of the consumer, once it has given the answer that is waited for."""
        async with self._turn:
            await self._let_go()

    async def _let_go(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_within(STOP_SECONDS, consumer.stop())
