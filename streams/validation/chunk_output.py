"""What one transaction writes for a chunk of records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.episode import Format
from schemas.ledger import LedgerRow
from schemas.rejection import Reason
from schemas.verdict import Outcome, Verdict
from streams.records import Record, Row, copied_timestamp
from streams.validation.check import OutOfScopeEpisode, judge_in_scope, refuse
from streams.validation.reading import MAX_RECORD_BYTES, too_large
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields
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
    formats: Counter[Format] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    """Dead letters by the reason of their rejection."""
    unreadable: int = 0
    """Records out of scope with procedures that may hide a vertebroplasty."""


def judge_chunk(
    records: Sequence[Record],
    routing: Routing,
    *,
    max_bytes: int = MAX_RECORD_BYTES,
    copy_out_of_scope: bool = True,
    rules: Sequence[Rule] = RULES,
    hl7: Hl7Fields = HL7_FIELDS,
) -> ChunkOutput:
    """Check consecutive records of one partition.

    A value larger than `max_bytes` is a dead letter.
    """
    output = ChunkOutput(upto=records[-1].offset)
    copies = output.copies
    for record in records:
        offset = record.offset
        timestamp = copied_timestamp(record)
        verdict = _judge(record, max_bytes, rules, hl7)
        if isinstance(verdict, OutOfScopeEpisode):
            output.outcomes[Outcome.OUT_OF_SCOPE] += 1
            output.formats[verdict.format] += 1
            output.unreadable += verdict.unreadable > 0
            if copy_out_of_scope:
                headers = routing.out_of_scope(verdict.unreadable, offset, record.headers)
                row = Row(record.key, record.value, timestamp, headers)
                copies[Outcome.OUT_OF_SCOPE].append(row)
            continue
        outcome = verdict.outcome
        output.outcomes[outcome] += 1
        if verdict.format:
            output.formats[verdict.format] += 1
        if verdict.rejection:
            output.reasons[verdict.rejection.reason] += 1
        output.rules.update([finding.rule for finding in verdict.findings])
        headers = routing.headers(verdict, offset, record.headers)
        copies[outcome].append(Row(record.key, record.value, timestamp, headers))
        headers = routing.verdict_headers(outcome, offset, record.headers)
        output.verdicts.append(Row(*routing.verdict(verdict, offset), timestamp, headers))
    return output


def _judge(
    record: Record, max_bytes: int, rules: Sequence[Rule], hl7: Hl7Fields
) -> Verdict | OutOfScopeEpisode:
    """Check a record; what is larger than `max_bytes` is not decompressed."""
    value = record.value
    if isinstance(value, bytes):
        return judge_in_scope(value, max_bytes, rules, hl7=hl7)
    if value is None:
        key = record.key if record.key and len(record.key) <= max_bytes else b""
        return judge_in_scope(None, max_bytes, rules, key=bytes(key))
    if len(value) > max_bytes:
        return refuse(too_large(len(value), max_bytes))
    return judge_in_scope(bytes(value), max_bytes, rules, hl7=hl7)


def next_row(row: LedgerRow | None, output: ChunkOutput) -> LedgerRow:
    """Return the ledger row to commit with the output; `row` is the previous one."""
    outcomes = Counter(dict.fromkeys(Outcome, 0) | (row.outcomes if row else {}))
    rules = Counter(row.rules if row else {})
    outcomes.update(output.outcomes)
    rules.update(output.rules)
    return LedgerRow(upto=output.upto, outcomes=dict(outcomes), rules=dict(rules))
