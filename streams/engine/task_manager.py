"""All source partitions that the group assigns to this process."""

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
"""Interval of the checks of assignment and quiet partitions, and the longest wait for them."""

TRANSACTIONS_PER_SECOND: Final = 200
"""Approximate limit on the transactions that all partitions together begin while traffic is low.

Each costs the brokers some milliseconds of processor time, however few records it has.
"""

LONGEST_PAUSE_SECONDS: Final = 0.25
"""Longest pause of a partition between transactions, however many partitions there are."""

RECORDS_AT_ONCE: Final = 32_000
"""Limit on the records in the transactions of all partitions together.

While one is open, every other partition may process a chunk. Even if all records are in scope,
this many are processed well within the transaction timeout.
"""

Assignment = Callable[[], frozenset[int] | None]


class TaskManager(Generic[ProcessorT]):
    """Opens the tasks of partitions that are assigned, and closes those of partitions revoked."""

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        availability: BrokerAvailability,
        create_task: Callable[[int], PartitionTask[ProcessorT]],
        assignment: Assignment,
    ) -> None:
        """Manage the partitions of the source topics `topics`.

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
        self._ticks: dict[int, asyncio.Task[None]] = {}
        """Tick of each partition in progress; one that waits for the brokers delays no other."""
        self._ticking = asyncio.Lock()
        self._closing = False

    @property
    def processors(self) -> list[ProcessorT]:
        """The processors of the partitions that are open."""
        return [task.processor for task in self._open.values()]

    async def take(self, source: TopicPartition, chunks: Iterable[Chunk]) -> None:
        """Process chunks of a source partition in order, unless stopping. Raises OperatorError.

        If no chunk was full, pauses afterwards, so that the next records share a transaction.
        """
        started, size = monotonic(), self._chunk_records()
        any_full = False
        for chunk in regrouped(chunks, size):
            any_full |= len(chunk.records) == size
            if not self._closing:
                await self._task(source.partition).take(source, chunk)
        if not any_full:
            pause = min(len(self._open) / TRANSACTIONS_PER_SECOND, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(started + pause - monotonic())

    async def tick(self) -> None:
        """Follow the assignment and check quiet partitions. Raises OperatorError."""
        async with self._ticking:
            if self._closing:
                return
            assigned = self._assignment() or frozenset()
            revoked = [self._open.pop(number) for number in self._open.keys() - assigned]
            await asyncio.gather(*(task.close() for task in revoked))
            ranges = await self._watermarks.read(
                [TopicPartition(topic, number) for number in assigned for topic in self._topics]
            )
            await self._report_availability()
            if self._closing:
                return
            for number in assigned - self._ticks.keys():
                own = {tp: held for tp, held in ranges.items() if tp.partition == number}
                self._ticks[number] = asyncio.create_task(self._task(number).tick(own))
            await self._finish_ticks(TICK_SECONDS)

    async def close(self) -> None:
        """Finish the chunks in progress, then close every producer."""
        self._closing = True
        await asyncio.gather(
            self._watermarks.stop(), *(task.close() for task in self._open.values())
        )
        for tick in self._ticks.values():
            tick.cancel()

    def not_ready(self) -> str | None:
        """Return why chunks cannot be processed right now; None if they can."""
        if self._closing:
            return "stopping"
        assigned = self._assignment()
        if assigned is None:
            return "not a member of the group yet"
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

    async def _report_availability(self) -> None:
        if self._watermarks.silent:
            self._availability.report_unavailable(self._topics[0], "they do not answer")
            await self._availability.verify_topics()
        else:
            self._availability.report_available(self._topics[0])

    async def _finish_ticks(self, seconds: float) -> None:
        """Wait up to `seconds` for ticks, and remove those that ended. Raises OperatorError."""
        if self._ticks:
            await asyncio.wait(self._ticks.values(), timeout=seconds)
        done = [number for number, tick in self._ticks.items() if tick.done()]
        for tick in [self._ticks.pop(number) for number in done]:
            if not tick.cancelled():
                tick.result()

    def _task(self, number: int) -> PartitionTask[ProcessorT]:
        if number not in self._open:
            self._open[number] = self._create_task(number)
        return self._open[number]
