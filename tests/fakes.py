import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.structs import TopicPartition

from schemas.ledger import LedgerRow
from streams.engine.chunks import Chunk
from streams.engine.transaction_writer import TopicRows
from streams.packed import Packed
from streams.records import Header, Record


@dataclass(frozen=True)
class FakeRecord:
    offset: int
    value: bytes | Packed | None = b"{}"
    key: bytes | Packed | None = None
    timestamp: int | None = 0
    headers: Sequence[Header] = field(default_factory=tuple)


def records(offsets: Iterable[int]) -> list[Record]:
    return [FakeRecord(offset) for offset in offsets]


def chunk(offsets: Iterable[int], after: int | None = None) -> Chunk:
    return Chunk(records(offsets), after)


class FakeLedger:
    """What is committed, whoever wrote it; writers write it, readers read it."""

    def __init__(self, source: Iterable[int]) -> None:
        self.source = list(source)
        self.row: LedgerRow | None = None
        self.committed: list[int] = []
        self.starts = 0
        self.stops = 0
        self.reads: list[tuple[int, int]] = []
        self.faults: list[BaseException] = []
        """What the next commits raise, before or after they take effect."""
        self.brokers_away: asyncio.Event | None = None
        """Set once the brokers are back."""
        self.effective = False
        """Whether a commit that raises has taken effect all the same."""


class FakeWriter:
    def __init__(self, ledger: FakeLedger) -> None:
        self.ledger = ledger
        self.running = False

    async def start(self) -> None:
        if self.ledger.brokers_away:
            await self.ledger.brokers_away.wait()
        self.ledger.starts += 1
        self.running = True

    async def stop(self) -> None:
        self.ledger.stops += self.running
        self.running = False

    async def commit(
        self, rows_by_topic: Iterable[TopicRows], offsets: Mapping[TopicPartition, int]
    ) -> None:
        assert self.running
        fault = self.ledger.faults.pop(0) if self.ledger.faults else None
        if fault is None or self.ledger.effective:
            *copies, _, (_, [ledger_row], _) = rows_by_topic
            row = LedgerRow.model_validate_json(bytes(ledger_row.value or b""))
            assert list(offsets.values()) == [row.upto + 1]
            self.ledger.row = row
            self.ledger.committed.append(sum(len(each.rows) for each in copies))
        if fault is not None:
            raise fault


class FakeReader:
    """Reads ledgers by the number of the partition."""

    def __init__(self, ledgers: Mapping[int, FakeLedger]) -> None:
        self.ledgers = ledgers

    async def last_row(self, source: TopicPartition, _: type[LedgerRow]) -> LedgerRow | None:
        return self.ledgers[source.partition].row

    async def records(
        self, source: TopicPartition, start: int, end: int
    ) -> AsyncGenerator[Sequence[Record], None]:
        ledger = self.ledgers[source.partition]
        ledger.reads.append((start, end))
        passed_over = [offset for offset in ledger.source if start <= offset < end]
        if passed_over:
            yield records(passed_over)
