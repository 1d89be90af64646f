"""Validating the records of one source partition, and writing what comes of them."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Final

from aiokafka.structs import TopicPartition

from schemas.ledger import LedgerRow
from streams.kafka.books import Books
from streams.kafka.mishaps import our_fault
from streams.kafka.outlet import OPEN_SECONDS, Bundle, Outlet
from streams.kafka.reader import Reader
from streams.metrics import Metrics
from streams.outbox import Outbox, Record, Row, fill, next_row
from streams.routing import Routing
from streams.settings import Settings
from streams.topics import Topics


class Validation:
    """Judges records; copies, answers and the counters of the ledger leave together."""

    due: Final = False

    def __init__(
        self,
        settings: Settings,
        source: TopicPartition,
        metrics: Metrics,
        outlet: Outlet,
        reader: Reader,
    ) -> None:
        """Name the source partition."""
        self._settings = settings
        self._source = source
        self._topics = Topics(settings.topic_prefix)
        self._metrics = metrics
        self._routing = Routing(source.topic, source.partition, settings.group)
        self._outlet = outlet
        self._reader = reader
        self._row: LedgerRow | None = None
        self._books = Books()

    @property
    def gap(self) -> int:
        """Records read some time ago, less those that the ledger counts."""
        return self._books.gap

    async def open(self) -> Mapping[TopicPartition, int]:
        """Fence the predecessor, then read how far it came."""
        await self._outlet.stop()
        async with asyncio.timeout(OPEN_SECONDS):
            await self._outlet.start()
            self._row = await self._reader.last_row(self._source)
        self._books.open(self._row)
        return {self._source: self._row.upto + 1} if self._row else {}

    async def do(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Judge consecutive records and commit what comes of them."""
        self._books.begin(len(records))
        started = perf_counter()
        with our_fault(source, records):
            outbox = fill(records, self._routing, self._settings)
        judged = perf_counter()
        row = next_row(self._row, outbox)
        await self._outlet.commit(self._bundles(outbox, row), {source: row.upto + 1})
        self._row = row
        self._books.settle(row)
        self._metrics.committed(outbox, records, judged - started)

    async def do_due(self) -> None:
        """Nothing falls due without a record."""

    def rest(self) -> None:
        """Take note that nothing is under way."""
        self._books.rest()

    async def stop(self) -> None:
        """Let go of the producer."""
        await self._outlet.stop()

    def _bundles(self, outbox: Outbox, row: LedgerRow) -> Iterator[Bundle]:
        for outcome, copies in outbox.copies.items():
            yield Bundle(self._topics.outputs[outcome], copies)
        yield Bundle(self._topics.verdicts, outbox.answers, keyed=True)
        key = f"{self._source.topic}/{self._source.partition}".encode()
        ledger_row = Row(key, row.model_dump_json().encode(), None, [])
        yield Bundle(self._topics.ledger, [ledger_row])
