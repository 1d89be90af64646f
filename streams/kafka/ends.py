"""Where source partitions end, asked of the brokers."""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.kafka.connection import for_aiokafka
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.settings import Settings

ANSWER_SECONDS: Final = 3.0
SILENT_SECONDS: Final = 10.0
"""How long brokers may fail to answer before the worker says that it is not ready."""


class Ends:
    """Asks where the committed records of a topic's partitions end, with a consumer of its own."""

    def __init__(self, settings: Settings, topic: str) -> None:
        """Name the topic."""
        self._settings = settings
        self._topic = topic
        self._consumer: AIOKafkaConsumer | None = None
        self._answered = monotonic()

    @property
    def silent(self) -> bool:
        """Tell whether the brokers have failed to answer for some time."""
        return monotonic() - self._answered > SILENT_SECONDS

    async def read(self, numbers: Iterable[int]) -> dict[int, int]:
        """Give the offset after the last committed record of each partition; none if no answer."""
        partitions = [TopicPartition(self._topic, number) for number in numbers]
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._consumer is None:
                    self._consumer = self._new_consumer()
                    await self._consumer.start()
                ends = await self._consumer.end_offsets(partitions) if partitions else {}
        except (KafkaError, TimeoutError):
            await self.stop()
            return {}
        self._answered = monotonic()
        return {partition.partition: end for partition, end in ends.items()}

    async def stop(self) -> None:
        """Let go of the consumer."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_within(STOP_SECONDS, consumer.stop())

    def _new_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **for_aiokafka(self._settings),
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
        )
