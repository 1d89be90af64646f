"""One partition of the input: its position, and the processing of its records."""

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
from streams.engine.partition_metrics import PartitionMetrics
from streams.engine.processor import ProcessorT, ReadRange
from streams.engine.retry import Retry
from streams.engine.watermarks import OffsetRange
from streams.records import Record

CLOSE_SECONDS: Final = 2.0
"""How long closing waits for the chunk in progress before its transaction is aborted."""

QUIET_TICKS: Final = 3
"""Ticks without a chunk before a source partition is compared with its end offset."""

log = logging.getLogger("ipg12.partition")


class PartitionTask(Generic[ProcessorT]):
    """Processes one partition of the input, one chunk at a time.

    It may have several sources: the partitions of the same number in co-partitioned topics.
    """

    def __init__(
        self,
        sources: Sequence[TopicPartition],
        processor: ProcessorT,
        read_range: ReadRange,
        retry: Retry,
        metrics: PartitionMetrics,
    ) -> None:
        """Process `sources`; the first one names the partition in metrics and logs."""
        self.ready = False
        """Whether the previous owner is fenced and its last committed position read."""
        self._sources = sources
        self.processor = processor
        self._read_range = read_range
        self._retry = retry
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._consistent = False
        """False during a transaction: if it is interrupted, the partition is opened again."""
        self._next = dict.fromkeys(sources, 0)
        self._opened = False
        """Whether it was ever open, so that `_next` is meaningful."""
        self._begun: set[TopicPartition] = set()
        """Sources of which at least one record is processed."""
        self._gaps: dict[TopicPartition, OffsetGaps] = defaultdict(OffsetGaps)
        self._quiet_ticks: Counter[TopicPartition] = Counter()

    async def take(self, source: TopicPartition, chunk: Chunk) -> None:
        """Process a chunk, after any earlier records of its source that are not processed yet.

        Does nothing once the partition is assigned to another worker. Raises OperatorError.
        """
        self._quiet_ticks[source] = 0

        async def advance() -> None:
            begin = self._next[source]
            may_have_gap = chunk.after is None or chunk.after >= begin
            if may_have_gap and chunk.first > begin:
                await self._catch_up(source, chunk.first)
            rest = chunk.records
            if chunk.first < self._next[source]:
                rest = [record for record in rest if record.offset >= self._next[source]]
            if rest:
                await self._process(source, rest)

        await self._run(advance, f"{_name(source)}, offsets {chunk.first} to {chunk.last}")

    async def tick(self, ranges: Mapping[TopicPartition, OffsetRange]) -> None:
        """Open the partition if needed, and process what Faust missed at the end of quiet sources.

        `ranges` are the offsets that the brokers hold, of the sources for which they answered.
        Counts ticks, not seconds, so that a process that was paused does not act at once.
        Raises OperatorError.
        """
        for source in self._sources:
            self._quiet_ticks[source] += 1
            if self._opened and source in ranges:
                held = ranges[source]
                self._metrics.lag(source, held.end - self._next[source])
                self._report_expired(source, held.begin)
        quiet = [source for source in ranges if self._quiet_ticks[source] > QUIET_TICKS]
        must_wait = self.processor.punctuation_due or (quiet and len(self._sources) > 1)
        if self._lock.locked() and not must_wait:
            return

        async def check() -> None:
            if self.processor.punctuation_due:
                await self.processor.punctuate()
            for source in quiet:
                self._quiet_ticks[source] = 0
                await self._catch_up(source, ranges[source].end)

        if not self.ready or quiet or self.processor.punctuation_due:
            await self._run(check, f"{self}, end of the partition")

    async def close(self) -> None:
        """Finish or interrupt the chunk in progress, then close the producer."""
        self._retry.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS), self._lock:
                for source, offset in self._next.items():
                    log.info("partition.closed %s next=%d", _name(source), offset)
        self.ready = False
        for source in self._sources:
            self._metrics.forget(source)
        await self.processor.stop()

    async def _run(self, work: Callable[[], Awaitable[None]], what: str) -> None:
        """Open the partition if needed and run `work`, with retries; `what` names it in errors."""

        async def attempt() -> None:
            if not (self.ready and self._consistent):
                await self._open()
            self._consistent = False
            await work()
            self.processor.settled()
            self._consistent = True

        async with self._lock:
            await self._retry.run(attempt, self._start_over, what)

    async def _start_over(self, *, rejected: bool) -> None:
        """Close the producer; count a restart if brokers that answer rejected it."""
        self.ready = False
        if rejected:
            self._metrics.restarted(self._sources[0])
        await self.processor.stop()

    async def _open(self) -> None:
        """Fence the previous owner, and read its last committed position."""
        begun = await self.processor.open()
        self._begun |= begun.keys()
        self._next = {source: begun.get(source, 0) for source in self._sources}
        self.ready = self._opened = True
        for source, offset in self._next.items():
            log.info("partition.opened %s next=%d", _name(source), offset)

    async def _catch_up(self, source: TopicPartition, end: int) -> None:
        """Process the records before `end` that Faust never delivered."""
        start, count = self._next[source], 0
        if end <= start:
            return
        async with aclosing(self._read_range(source, start, end)) as missed:
            async for records in missed:
                await self._process(source, records)
                count += len(records)
        self._skip_to(source, end)
        log.info(
            "partition.caught-up %s start=%d end=%d records=%d", _name(source), start, end, count
        )

    async def _process(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Process consecutive records. Raises OperatorError if they cannot be read."""
        verify_readable(records)
        self._skip_to(source, records[0].offset)
        await self.processor.process(source, records)
        self._next[source] = records[-1].offset + 1
        self._begun.add(source)

    def _skip_to(self, source: TopicPartition, offset: int) -> None:
        """Continue at an offset; there are no more records before it."""
        if source in self._begun:
            self._gaps[source].add(self._next[source], offset)
        self._next[source] = max(self._next[source], offset)

    def _report_expired(self, source: TopicPartition, begin: int) -> None:
        """Report offsets deleted before they were processed; `begin` is the first one held."""
        for expired in self._gaps[source].expired(begin):
            log.error(
                "records.expired %s start=%d end=%d", _name(source), expired.start, expired.stop
            )
            self._metrics.expired(len(expired))

    def __str__(self) -> str:
        """Return the first source as `TOPIC/PARTITION`."""
        return _name(self._sources[0])


def _name(source: TopicPartition) -> str:
    return f"{source.topic}/{source.partition}"
