"""From a chunk of records to everything that one transaction writes for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome, Verdict
from streams.check import judge, refuse
from streams.intake import too_large
from streams.packed import Packed
from streams.routing import Header, Routing
from streams.settings import OutOfScope, Settings

NO_TIMESTAMP: Final = -1
"""What stands in Kafka for no timestamp."""


class Record(Protocol):
    """A record as it stands on Kafka."""

    @property
    def offset(self) -> int:
        """Place in its partition."""

    @property
    def timestamp(self) -> int | None:
        """Milliseconds since 1970, -1 where the publisher gave none; None before Kafka 0.10."""

    @property
    def key(self) -> bytes | Packed | None:
        """Key, if it has one."""

    @property
    def value(self) -> bytes | Packed | None:
        """Value; None for a tombstone."""

    @property
    def headers(self) -> Sequence[Header]:
        """Headers in order."""


class Row(NamedTuple):
    """A record to be written."""

    key: bytes | Packed | None
    value: bytes | Packed | None
    timestamp: int | None
    """Milliseconds since 1970; None for now."""
    headers: list[Header]


@dataclass(slots=True)
class Outbox:
    """What becomes of a chunk: copies by outcome, answers, and counts."""

    upto: int
    copies: dict[Outcome, list[Row]] = field(default_factory=lambda: {each: [] for each in Outcome})
    answers: list[Row] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


def fill(records: Sequence[Record], routing: Routing, settings: Settings) -> Outbox:
    """Judge consecutive records of one partition."""
    outbox = Outbox(upto=records[-1].offset)
    copied = settings.out_of_scope is OutOfScope.ROUTE
    max_bytes = settings.max_record_bytes
    for record in records:
        offset = record.offset
        value = record.value
        if isinstance(value, Packed):
            verdict = _judge_packed(value, max_bytes)
        else:
            verdict = judge(value, max_bytes)
        outcome = verdict.outcome
        outbox.outcomes[outcome] += 1
        timestamp = time_of(record)
        answered = outcome is not Outcome.OUT_OF_SCOPE
        if answered or copied:
            headers = routing.headers(verdict, offset, record.headers)
            outbox.copies[outcome].append(Row(record.key, value, timestamp, headers))
        if answered:
            outbox.answers.append(Row(*routing.answer(verdict, offset), timestamp, []))
            outbox.rules.update(finding.rule for finding in verdict.findings)
    return outbox


def time_of(record: Record) -> int | None:
    """Return the timestamp of a record's copy; None, which stands for now, where it has none."""
    timestamp = record.timestamp
    return None if timestamp == NO_TIMESTAMP else timestamp


def _judge_packed(value: Packed, max_bytes: int) -> Verdict:
    """Judge a value; one that is too large to be read is not unpacked."""
    if len(value) > max_bytes:
        return refuse(too_large(len(value), max_bytes))
    return judge(bytes(value), max_bytes)


def next_row(row: LedgerRow | None, outbox: Outbox) -> LedgerRow:
    """Give the ledger row that follows `row` once the outbox is committed."""
    outcomes = Counter(row.outcomes if row else dict.fromkeys(Outcome, 0))
    rules = Counter(row.rules if row else {})
    outcomes.update(outbox.outcomes)
    rules.update(outbox.rules)
    return LedgerRow(upto=outbox.upto, outcomes=dict(outcomes), rules=dict(rules))
