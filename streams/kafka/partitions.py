"""All source partitions that the group assigns to this worker."""

import asyncio
from collections.abc import Callable

from aiokafka.structs import TopicPartition

from streams.kafka.chunks import Chunk
from streams.kafka.ends import Ends
from streams.kafka.outlet import Outlet
from streams.kafka.partition import Partition
from streams.kafka.reader import Reader
from streams.metrics import Metrics
from streams.settings import Settings

Assignment = Callable[[], frozenset[int]]


class Partitions:
    """Opens partitions as they are assigned, and closes them as they go."""

    def __init__(
        self, settings: Settings, topic: str, metrics: Metrics, assignment: Assignment
    ) -> None:
        """Name the source topic.

        `assignment` gives the partitions assigned to us.
        """
        self._settings = settings
        self._topic = topic
        self._metrics = metrics
        self._assignment = assignment
        self._ends = Ends(settings, topic)
        self._open: dict[int, Partition] = {}
        self._ticking = asyncio.Lock()
        self._closing = False

    async def take(self, number: int, chunk: Chunk) -> None:
        """Do a chunk of a partition, unless the worker is stopping. Raises Trouble."""
        if not self._closing:
            await self._partition(number).take(chunk)

    async def tick(self) -> None:
        """Follow the assignment and look after quiet partitions. Raises Trouble."""
        async with self._ticking:
            if self._closing:
                return
            assigned = self._assignment()
            gone = [self._open.pop(number) for number in self._open.keys() - assigned]
            ends = await self._ends.read(assigned)
            await asyncio.gather(
                *(partition.close() for partition in gone),
                *(self._partition(number).tick(ends.get(number)) for number in assigned),
            )

    def suspect(self) -> None:
        """Have every ledger row read again: the group is being balanced anew."""
        for partition in self._open.values():
            partition.suspect()

    async def close(self) -> None:
        """Let the chunks under way end, then let go of every producer."""
        self._closing = True
        await asyncio.gather(
            self._ends.stop(), *(partition.close() for partition in self._open.values())
        )

    def not_ready(self) -> str | None:
        """Say why chunks cannot be done right now; None where they can."""
        if self._closing:
            return "stopping"
        assigned = self._assignment()
        if not assigned:
            return "no partitions assigned"
        if self._ends.silent:
            return "brokers do not answer"
        waiting = sorted(
            number
            for number in assigned
            if number not in self._open or not self._open[number].ready
        )
        return f"producers not ready for partitions {waiting}" if waiting else None

    def _partition(self, number: int) -> Partition:
        if number not in self._open:
            source = TopicPartition(self._topic, number)
            self._open[number] = Partition(
                self._settings,
                source,
                self._metrics,
                Outlet(self._settings, source),
                Reader(self._settings, source),
                lambda: number in self._assignment(),
            )
        return self._open[number]
