"""The first and end offsets of source partitions, from the brokers."""

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
"""How long brokers may fail to answer before the process is reported as not ready."""


class OffsetRange(NamedTuple):
    """Offsets of a partition that the brokers hold, from `begin` up to, not including, `end`."""

    begin: int
    end: int


class Watermarks:
    """Reads the offset ranges of partitions, with a consumer of its own."""

    def __init__(self, settings: Settings) -> None:
        """Connect to the brokers of `settings` at the first `read`."""
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        """Held while the consumer is in use, so that `stop` does not close it meanwhile."""
        self._answered = monotonic()

    @property
    def silent(self) -> bool:
        """Whether the brokers have not answered for SILENT_SECONDS."""
        return monotonic() - self._answered > SILENT_SECONDS

    async def read(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, OffsetRange]:
        """Return the offset ranges, committed records only; none if the brokers do not answer."""
        async with self._lock:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    consumer = self._consumer
                    if consumer is None:
                        consumer = committed_consumer(self._settings, group_id=None)
                        self._consumer = consumer
                        await consumer.start()
                    if not partitions:  # on standby, with nothing else to ask
                        await consumer.topics()
                    begins = await consumer.beginning_offsets(partitions) if partitions else {}
                    ends = await consumer.end_offsets(partitions) if partitions else {}
            except (KafkaError, TimeoutError):
                await self._close()
                return {}
        self._answered = monotonic()
        return {each: OffsetRange(begins[each], ends[each]) for each in partitions}

    async def stop(self) -> None:
        """Close the consumer, after a request in progress."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_within(STOP_SECONDS, consumer.stop())
