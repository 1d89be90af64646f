"""All source partitions that the group assigns to this worker."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Final, Generic

from aiokafka.structs import TopicPartition

from streams.engine.availability import BrokerAvailability
from streams.engine.chunks import Chunk, regrouped
from streams.engine.partition_task import PartitionTask
from streams.engine.processor import ProcessorT
from streams.engine.watermarks import Watermarks
from streams.settings import Settings

TICK_SECONDS: Final = 1.0
"""How often the assignment and quiet partitions are looked at, and how long a look may take."""

TRANSACTIONS_PER_SECOND: Final = 200
"""How many transactions all partitions together begin while records trickle, about.

Brokers take some milliseconds of processor time for each, however few records it has.
"""

LONGEST_PAUSE_SECONDS: Final = 0.25
"""How long a partition waits for its turn at most, however many there are."""

RECORDS_AT_ONCE: Final = 32_000
"""How many records the transactions of all partitions hold together at most.

While one is open, every other partition may judge a chunk. Even of records that are all in scope
this many are judged well within the time for which brokers let a transaction stay open.
"""

Assignment = Callable[[], frozenset[int] | None]


class TaskManager(Generic[ProcessorT]):
    """Opens partitions as they are assigned, and closes them as they go."""

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        availability: BrokerAvailability,
        create_task: Callable[[int], PartitionTask[ProcessorT]],
        assignment: Assignment,
    ) -> None:
        """Name the source topics.

        `create_task` creates the task of a partition number.
        `assignment` returns the numbers assigned to us; None before the first rebalance.
        """
        self._settings = settings
        self._topics = topics
        self._create_task = create_task
        self._assignment = assignment
        self._watermarks = Watermarks(settings)
        self._availability = availability
        self._open: dict[int, PartitionTask[ProcessorT]] = {}
        self._looks: dict[int, asyncio.Task[None]] = {}
        """What looks after each partition; one that waits for the brokers holds up no other."""
        self._ticking = asyncio.Lock()
        self._closing = False

    @property
    def processors(self) -> list[ProcessorT]:
        """The processors of the partitions that are open."""
        return [task.processor for task in self._open.values()]

    async def take(self, source: TopicPartition, chunks: Iterable[Chunk]) -> None:
        """Process chunks of a source partition in order, unless stopping. Raises OperatorError.

        Then pauses where none was full, so that what comes meanwhile shares a transaction.
        """
        began, size = monotonic(), self._chunk_records()
        filled = False
        for chunk in regrouped(chunks, size):
            filled |= len(chunk.records) == size
            if not self._closing:
                await self._task(source.partition).take(source, chunk)
        if not filled:
            pause = min(len(self._open) / TRANSACTIONS_PER_SECOND, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(began + pause - monotonic())

    async def tick(self) -> None:
        """Follow the assignment and look after quiet partitions. Raises OperatorError."""
        async with self._ticking:
            if self._closing:
                return
            assigned = self._assignment() or frozenset()
            gone = [self._open.pop(number) for number in self._open.keys() - assigned]
            await asyncio.gather(*(task.close() for task in gone))
            ranges = await self._watermarks.read(
                [TopicPartition(topic, number) for number in assigned for topic in self._topics]
            )
            await self._note_silence()
            if self._closing:
                return
            for number in assigned - self._looks.keys():
                its = {each: held for each, held in ranges.items() if each.partition == number}
                self._looks[number] = asyncio.create_task(self._task(number).tick(its))
            await self._finish_looks(TICK_SECONDS)

    async def close(self) -> None:
        """Let the chunks under way end, then let go of every producer."""
        self._closing = True
        await asyncio.gather(
            self._watermarks.stop(), *(task.close() for task in self._open.values())
        )
        for look in self._looks.values():
            look.cancel()

    def not_ready(self) -> str | None:
        """Say why chunks cannot be done right now; None where they can."""
        if self._closing:
            return "stopping"
        assigned = self._assignment()
        if assigned is None:
            return "no partitions assigned"
        if self._availability.reason:
            return self._availability.reason
        waiting = sorted(
            number
            for number in assigned
            if number not in self._open or not self._open[number].ready
        )
        return f"producers not ready for partitions {waiting}" if waiting else None

    def _chunk_records(self) -> int:
        shared = RECORDS_AT_ONCE // max(1, len(self._assignment() or ()))
        return max(1, min(self._settings.chunk_records, shared))

    async def _note_silence(self) -> None:
        if self._watermarks.silent:
            self._availability.waits(self._topics[0], "they do not answer")
            await self._availability.look()
        else:
            self._availability.goes_on(self._topics[0])

    async def _finish_looks(self, seconds: float) -> None:
        """Take back the looks that end in time. Raises OperatorError."""
        if self._looks:
            await asyncio.wait(self._looks.values(), timeout=seconds)
        done = [number for number, look in self._looks.items() if look.done()]
        for look in [self._looks.pop(number) for number in done]:
            if not look.cancelled():
                look.result()

    def _task(self, number: int) -> PartitionTask[ProcessorT]:
        if number not in self._open:
            self._open[number] = self._create_task(number)
        return self._open[number]
