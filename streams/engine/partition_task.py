"""One partition of the input: how far it is done, and doing more of it."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Final, Generic

from aiokafka.structs import TopicPartition

from streams.batches.fetched import verify_readable
from streams.engine.chunks import Chunk
from streams.engine.offset_gaps import OffsetGaps
from streams.engine.processor import PartitionMetrics, ProcessorT, ReadRange
from streams.engine.retry import Retry
from streams.engine.watermarks import OffsetRange
from streams.records import Record

PATIENCE_SECONDS: Final = 2.0
"""How long a chunk under way may take to end before it is cut off, and its transaction aborted."""

QUIET_TICKS: Final = 3
"""Ticks without a chunk before the end of a source partition is looked at."""

log = logging.getLogger("ipg12.partition")


class PartitionTask(Generic[ProcessorT]):
    """Brings one partition of the input forward, chunk after chunk, one at a time.

    It may have several sources: partitions of one number in topics whose keys go together.
    """

    def __init__(
        self,
        sources: Sequence[TopicPartition],
        processor: ProcessorT,
        read_range: ReadRange,
        retry: Retry,
        metrics: PartitionMetrics,
    ) -> None:
        """Name the sources, the first one that the partition is called after."""
        self.ready = False
        """Whether the predecessor is fenced, and what it did is known."""
        self._sources = sources
        self.processor = processor
        self._read_range = read_range
        self._retry = retry
        self._metrics = metrics
        self._turn = asyncio.Lock()
        self._sound = False
        """False while a transaction is under way, so that one cut short is not built upon."""
        self._next = dict.fromkeys(sources, 0)
        self._opened = False
        """Whether it was ever open, so that `_next` says something."""
        self._begun: set[TopicPartition] = set()
        """Sources of which something is done."""
        self._gaps: dict[TopicPartition, OffsetGaps] = defaultdict(OffsetGaps)
        self._quiet_ticks: Counter[TopicPartition] = Counter()

    async def take(self, source: TopicPartition, chunk: Chunk) -> None:
        """Do a chunk, and whatever of its source before it is not done yet.

        Leaves it where the partition has gone to another worker. Raises OperatorError.
        """
        self._quiet_ticks[source] = 0

        async def advance() -> None:
            begin = self._next[source]
            passed_over = chunk.after is None or chunk.after >= begin
            if passed_over and chunk.first > begin:
                await self._catch_up(source, chunk.first)
            rest = chunk.records
            if chunk.first < self._next[source]:
                rest = [record for record in rest if record.offset >= self._next[source]]
            if rest:
                await self._do(source, rest)

        await self._in_turn(advance, f"{_name(source)}, offsets {chunk.first} to {chunk.last}")

    async def tick(self, spans: Mapping[TopicPartition, OffsetRange]) -> None:
        """Open what is not open; of a quiet source, do what Faust passed over at its end.

        `spans` is what the brokers hold of the sources, as far as they have said.
        Counts ticks, not seconds, so that a process that was paused does not act at once.
        Raises OperatorError.
        """
        for source in self._sources:
            self._quiet_ticks[source] += 1
            if self._opened and source in spans:
                span = spans[source]
                self._metrics.lag(source, span.end - self._next[source])
                self._look_for_expired(source, span.begin)
        quiet = [source for source in spans if self._quiet_ticks[source] > QUIET_TICKS]
        waits = self.processor.punctuation_due or (quiet and len(self._sources) > 1)
        if self._turn.locked() and not waits:
            return

        async def look() -> None:
            if self.processor.punctuation_due:
                await self.processor.punctuate()
            for source in quiet:
                self._quiet_ticks[source] = 0
                await self._catch_up(source, spans[source].end)

        if not self.ready or quiet or self.processor.punctuation_due:
            await self._in_turn(look, f"{self}, end of the partition")

    async def close(self) -> None:
        """Let the chunk under way end, or cut it off, then let go of the producer."""
        self._retry.give_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                for source, offset in self._next.items():
                    log.info("partition.closed %s next=%d", _name(source), offset)
        self.ready = False
        for source in self._sources:
            self._metrics.forget(source)
        await self.processor.stop()

    async def _in_turn(self, work: Callable[[], Awaitable[None]], what: str) -> None:
        """Do work while it is open, again with everything opened anew where that was past use."""

        async def attempt() -> None:
            if not (self.ready and self._sound):
                await self._open()
            self._sound = False
            await work()
            self.processor.settled()
            self._sound = True

        async with self._turn:
            await self._retry.make(attempt, self._start_over, what)

    async def _start_over(self, *, turned_down: bool) -> None:
        """Let go of the producer; count it where brokers that answer did not want it."""
        self.ready = False
        if turned_down:
            self._metrics.restarted(self._sources[0])
        await self.processor.stop()

    async def _open(self) -> None:
        """Fence the predecessor, and learn how far it came."""
        begun = await self.processor.open()
        self._begun |= begun.keys()
        self._next = {source: begun.get(source, 0) for source in self._sources}
        self.ready = self._opened = True
        for source, offset in self._next.items():
            log.info("partition.opened %s next=%d", _name(source), offset)

    async def _catch_up(self, source: TopicPartition, end: int) -> None:
        """Do the records before `end` that were never handed to us."""
        start, done = self._next[source], 0
        if end <= start:
            return
        async with aclosing(self._read_range(source, start, end)) as passed_over:
            async for records in passed_over:
                await self._do(source, records)
                done += len(records)
        self._skip(source, end)
        log.info(
            "partition.caught-up %s start=%d end=%d records=%d", _name(source), start, end, done
        )

    async def _do(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Do consecutive records. Raises OperatorError where they cannot be read."""
        verify_readable(records)
        self._skip(source, records[0].offset)
        await self.processor.process(source, records)
        self._next[source] = records[-1].offset + 1
        self._begun.add(source)

    def _skip(self, source: TopicPartition, offset: int) -> None:
        """Go on at an offset; what lies before it holds no record."""
        if source in self._begun:
            self._gaps[source].add(self._next[source], offset)
        self._next[source] = max(self._next[source], offset)

    def _look_for_expired(self, source: TopicPartition, begin: int) -> None:
        """Say what the brokers have deleted before it was done; `begin` is what they hold first."""
        for expired in self._gaps[source].cut_off(begin):
            log.error(
                "records.expired %s start=%d end=%d", _name(source), expired.start, expired.stop
            )
            self._metrics.expired(len(expired))

    def __str__(self) -> str:
        """Give the coordinates of the first source."""
        return _name(self._sources[0])


def _name(source: TopicPartition) -> str:
    return f"{source.topic}/{source.partition}"
