"""One source partition: how far it is done, and doing more of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from time import perf_counter
from typing import Final

from aiokafka.structs import TopicPartition

from schemas.ledger import LedgerRow
from streams.kafka.attempts import Attempts
from streams.kafka.books import Books
from streams.kafka.chunks import Chunk
from streams.kafka.ends import Span
from streams.kafka.holes import Holes
from streams.kafka.outlet import Outlet
from streams.kafka.reader import Reader
from streams.metrics import Metrics
from streams.outbox import Record, fill, next_row
from streams.routing import Routing
from streams.settings import Settings
from streams.trouble import Trouble

OPEN_SECONDS: Final = 12.0
"""How long brokers that answer take at most to end a predecessor's transaction."""

PATIENCE_SECONDS: Final = 2.0
"""How long a chunk under way may take to end before it is cut off, and its transaction aborted."""

QUIET_TICKS: Final = 3
"""Ticks without a chunk before the end of a partition is looked at."""

log = logging.getLogger("ipg12.partition")


class Partition:
    """Brings one source partition forward, chunk after chunk, one at a time."""

    def __init__(
        self,
        settings: Settings,
        source: TopicPartition,
        metrics: Metrics,
        attempts: Attempts,
        outlet: Outlet,
        reader: Reader,
    ) -> None:
        """Name the source partition."""
        self.ready = False
        """Whether the predecessor is fenced and the ledger read."""
        self._settings = settings
        self._source = source
        self._metrics = metrics
        self._routing = Routing(source.topic, source.partition, settings.group)
        self._outlet = outlet
        self._reader = reader
        self._attempts = attempts
        self._turn = asyncio.Lock()
        self._sound = False
        """False while a transaction is under way, so that one cut short is not built upon."""
        self._row: LedgerRow | None = None
        self._next = 0
        self._opened = False
        """Whether the ledger has ever been read, so that `_next` says something."""
        self._holes = Holes()
        self._books = Books()
        self._quiet_ticks = 0

    @property
    def gap(self) -> int:
        """Records read some time ago, less those that the ledger counts."""
        return self._books.gap

    async def take(self, chunk: Chunk) -> None:
        """Do a chunk, and whatever of the source before it is not done yet.

        Leaves it where the partition has gone to another worker. Raises Trouble.
        """
        self._quiet_ticks = 0

        async def advance() -> None:
            passed_over = chunk.after is None or chunk.after >= self._next
            if passed_over and chunk.first > self._next:
                await self._catch_up(chunk.first)
            rest = chunk.records
            if chunk.first < self._next:
                rest = [record for record in rest if record.offset >= self._next]
            if rest:
                await self._do(rest)

        await self._in_turn(advance, f"offsets {chunk.first} to {chunk.last}")

    async def tick(self, span: Span | None) -> None:
        """Open what is not open; of a quiet partition, do what Faust passed over at its end.

        `span` is what the brokers hold of the source, None where they have not said.
        Counts ticks, not seconds, so that a process that was paused does not act at once.
        Raises Trouble.
        """
        self._quiet_ticks += 1
        if span and self._opened:
            self._metrics.lag(self._source.partition, span.end - self._next)
            self._look_for_expired(span.begin)
        if self._turn.locked():
            return

        async def look() -> None:
            if span and self._quiet_ticks > QUIET_TICKS:
                self._quiet_ticks = 0
                await self._catch_up(span.end)

        if not self.ready or self._quiet_ticks > QUIET_TICKS:
            await self._in_turn(look, "end of the partition")

    async def close(self) -> None:
        """Let the chunk under way end, or cut it off, then let go of the producer."""
        self._attempts.give_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                log.info("partition.close %s next=%d", self, self._next)
        self.ready = False
        self._metrics.forget(self._source.partition)
        await self._outlet.stop()

    async def _in_turn(self, work: Callable[[], Awaitable[None]], what: str) -> None:
        """Do work with an open producer, again with a new one where that was past use."""

        async def attempt() -> None:
            if not (self.ready and self._sound):
                await self._open()
            self._sound = False
            await work()
            self._books.rest()
            self._sound = True

        async with self._turn:
            await self._attempts.make(attempt, self._start_over, what)

    async def _start_over(self, *, turned_down: bool) -> None:
        """Let go of the producer; count it where brokers that answer did not want it."""
        self.ready = False
        if turned_down:
            self._metrics.restarted(self._source.partition)
        await self._outlet.stop()

    async def _open(self) -> None:
        """Fence the predecessor, then read how far it came."""
        await self._outlet.stop()
        async with asyncio.timeout(OPEN_SECONDS):
            await self._outlet.start()
            self._row = await self._reader.last_row()
        self._next = self._row.upto + 1 if self._row else 0
        self._books.open(self._row)
        self.ready = self._opened = True
        log.info("partition.open %s next=%d", self, self._next)

    async def _catch_up(self, end: int) -> None:
        """Do the records before `end` that were never handed to us."""
        if end <= self._next:
            return
        start, done = self._next, 0
        async with aclosing(self._reader.records(start, end)) as passed_over:
            async for records in passed_over:
                await self._do(records)
                done += len(records)
        self._skip(end)
        log.info("partition.caught-up %s start=%d end=%d records=%d", self, start, end, done)

    async def _do(self, records: Sequence[Record]) -> None:
        """Judge consecutive records and commit what comes of them."""
        self._skip(records[0].offset)
        self._books.begin(len(records))
        started = perf_counter()
        try:
            outbox = fill(records, self._routing, self._settings)
        except Exception as error:
            message = (
                f"{self}, offsets {records[0].offset} to {records[-1].offset}: "
                f"{type(error).__name__} while checking; nothing of it was written, "
                f"mend the check and start again"
            )
            raise Trouble(message) from error
        judged = perf_counter()
        row = next_row(self._row, outbox)
        await self._outlet.commit(outbox, row)
        self._row, self._next = row, row.upto + 1
        self._books.settle(row)
        self._metrics.committed(outbox, records, judged - started)

    def _skip(self, offset: int) -> None:
        """Go on at an offset; what lies before it holds no record."""
        if self._row:
            self._holes.add(self._next, offset)
        self._next = max(self._next, offset)

    def _look_for_expired(self, begin: int) -> None:
        """Say what the brokers have deleted before it was done; `begin` is what they hold first."""
        for expired in self._holes.cut_off(begin):
            log.error("records.expired %s start=%d end=%d", self, expired.start, expired.stop)
            self._metrics.expired(len(expired))

    def __str__(self) -> str:
        """Give its coordinates."""
        return f"{self._source.topic}/{self._source.partition}"
