"""Validating the records of one source partition, and writing the outputs."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Final

from aiokafka.structs import TopicPartition

from schemas.ledger import LedgerRow
from streams.engine.ledger import Ledger
from streams.engine.processor import with_offsets
from streams.engine.transaction_writer import OPEN_SECONDS, TopicRows, TransactionWriter
from streams.kafka.topics import Topics
from streams.records import Record, Row
from streams.setting_types import OutOfScope
from streams.settings import Settings
from streams.validation.chunk_output import ChunkOutput, judge_chunk, next_row
from streams.validation.routing import Routing
from streams.validation.rule import Rule
from streams.worker.metrics import Metrics
from streams.worker.reconciliation import Reconciliation


class ValidationProcessor:
    """Checks records; copies, verdicts and the ledger row are committed together."""

    punctuation_due: Final = False

    def __init__(
        self,
        settings: Settings,
        source: TopicPartition,
        metrics: Metrics,
        writer: TransactionWriter,
        ledger: Ledger,
        rules: Sequence[Rule],
    ) -> None:
        self._settings = settings
        self._source = source
        self._topics = Topics(settings.topic_prefix)
        self._metrics = metrics
        self._routing = Routing(
            source.topic, source.partition, settings.group, echo=settings.echoed_headers
        )
        self._writer = writer
        self._ledger = ledger
        self._rules = rules
        self._row: LedgerRow | None = None
        self._reconciliation = Reconciliation()

    @property
    def gap(self) -> int:
        """Records read some time ago, minus those counted in the ledger."""
        return self._reconciliation.gap

    async def open(self) -> Mapping[TopicPartition, int]:
        """Fence the previous producer, then read how far it committed."""
        await self._writer.stop()
        async with asyncio.timeout(OPEN_SECONDS):
            await self._writer.start()
            self._row = await self._ledger.last_row(self._source, LedgerRow)
        self._reconciliation.open(self._row)
        return {self._source: self._row.upto + 1} if self._row else {}

    async def process(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Check consecutive records and commit the outputs."""
        self._reconciliation.begin(len(records))
        started = perf_counter()
        with with_offsets(source, records):
            output = judge_chunk(
                records,
                self._routing,
                max_bytes=self._settings.max_record_bytes,
                copy_out_of_scope=self._settings.out_of_scope is OutOfScope.ROUTE,
                rules=self._rules,
                hl7=self._settings.hl7_fields,
            )
        judged = perf_counter()
        row = next_row(self._row, output)
        await self._writer.commit(self._topic_rows(output, row), {source: row.upto + 1})
        self._row = row
        self._reconciliation.committed(row)
        self._metrics.committed(output, records, judged - started)

    async def punctuate(self) -> None:
        """Do nothing: no work is due without a record."""

    def settled(self) -> None:
        """Reset the count of records in flight: no transaction is open."""
        self._reconciliation.settled()

    async def stop(self) -> None:
        """Close the producer."""
        await self._writer.stop()

    def _topic_rows(self, output: ChunkOutput, row: LedgerRow) -> Iterator[TopicRows]:
        for outcome, copies in output.copies.items():
            yield TopicRows(self._topics.outputs[outcome], copies)
        yield TopicRows(self._topics.verdicts, output.verdicts, keyed=True)
        key = f"{self._source.topic}/{self._source.partition}".encode()
        ledger_row = Row(key, row.model_dump_json().encode(), None, [])
        yield TopicRows(self._topics.ledger, [ledger_row])
