"""From a chunk of records to everything that one transaction writes for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.check import judge
from streams.routing import Header, Routing
from streams.settings import OutOfScope, Settings


class Record(Protocol):
    """A record as it stands on Kafka."""

    @property
    def offset(self) -> int:
        """Place in its partition."""

    @property
    def timestamp(self) -> int | None:
        """Milliseconds since 1970; negative or None where the record has none."""

    @property
    def key(self) -> bytes | None:
        """Key, if it has one."""

    @property
    def value(self) -> bytes | None:
        """Value; None for a tombstone."""

    @property
    def headers(self) -> Sequence[Header]:
        """Headers in order."""


class Row(NamedTuple):
    """A record to be written."""

    key: bytes | None
    value: bytes | None
    timestamp: int | None
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
        verdict = judge(record.value, max_bytes)
        outcome = verdict.outcome
        outbox.outcomes[outcome] += 1
        timestamp = record.timestamp
        if timestamp is not None and timestamp < 0:
            timestamp = None
        answered = outcome is not Outcome.OUT_OF_SCOPE
        if answered or copied:
            headers = routing.headers(verdict, offset, record.headers)
            outbox.copies[outcome].append(Row(record.key, record.value, timestamp, headers))
        if answered:
            key, value = routing.answer(verdict, offset)
            outbox.answers.append(Row(key, value, timestamp, []))
            outbox.rules.update(finding.rule for finding in verdict.findings)
    return outbox


def next_row(row: LedgerRow | None, outbox: Outbox) -> LedgerRow:
    """Give the ledger row that follows `row` once the outbox is committed."""
    outcomes = Counter(row.outcomes if row else dict.fromkeys(Outcome, 0))
    rules = Counter(row.rules if row else {})
    outcomes.update(outbox.outcomes)
    rules.update(outbox.rules)
    return LedgerRow(upto=outbox.upto, outcomes=dict(outcomes), rules=dict(rules))
