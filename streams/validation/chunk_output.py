"""What one transaction writes for a chunk of records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.ledger import LedgerRow
from schemas.verdict import PUBLISHED, Outcome, Verdict
from streams.packed import Packed
from streams.records import Record, Row, copied_timestamp
from streams.validation.check import judge, refuse
from streams.validation.reading import MAX_RECORD_BYTES, too_large
from streams.validation.routing import Routing
from streams.validation.rule import Rule
from streams.validation.rules import RULES


@dataclass(slots=True)
class ChunkOutput:
    """The outputs for a chunk: copies by outcome, verdicts and counts."""

    upto: int
    copies: dict[Outcome, list[Row]] = field(default_factory=lambda: {each: [] for each in Outcome})
    verdicts: list[Row] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


def judge_chunk(
    records: Sequence[Record],
    routing: Routing,
    *,
    max_bytes: int = MAX_RECORD_BYTES,
    copy_out_of_scope: bool = True,
    rules: Sequence[Rule] = RULES,
) -> ChunkOutput:
    """Check consecutive records of one partition.

    A value larger than `max_bytes` is a dead letter.
    """
    output = ChunkOutput(upto=records[-1].offset)
    for record in records:
        offset = record.offset
        value = record.value
        if isinstance(value, Packed):
            verdict = _judge_packed(value, max_bytes, rules)
        else:
            verdict = judge(value, max_bytes, rules)
        outcome = verdict.outcome
        output.outcomes[outcome] += 1
        timestamp = copied_timestamp(record)
        published = outcome in PUBLISHED
        if published or copy_out_of_scope:
            headers = routing.headers(verdict, offset, record.headers)
            output.copies[outcome].append(Row(record.key, value, timestamp, headers))
        if published:
            output.verdicts.append(Row(*routing.verdict(verdict, offset), timestamp, []))
            output.rules.update(finding.rule for finding in verdict.findings)
    return output


def _judge_packed(value: Packed, max_bytes: int, rules: Sequence[Rule]) -> Verdict:
    """Check a compressed value; one larger than `max_bytes` is not decompressed."""
    if len(value) > max_bytes:
        return refuse(too_large(len(value), max_bytes))
    return judge(bytes(value), max_bytes, rules)


def next_row(row: LedgerRow | None, output: ChunkOutput) -> LedgerRow:
    """Return the ledger row to commit with the output; `row` is the previous one."""
    outcomes = Counter(row.outcomes if row else dict.fromkeys(Outcome, 0))
    rules = Counter(row.rules if row else {})
    outcomes.update(output.outcomes)
    rules.update(output.rules)
    return LedgerRow(upto=output.upto, outcomes=dict(outcomes), rules=dict(rules))
