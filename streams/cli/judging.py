"""Checking a chunk of records, and what is shown of it."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.verdict import Finding, Outcome, Verdict
from streams.cli.reading.chunk import Chunk, Content, read_content
from streams.cli.showing.report import report
from streams.cli.showing.spreadsheet import finding_lines, rejection_line
from streams.cli.showing.terminal import Screen
from streams.validation.check import judge_read
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields
from streams.validation.reading.out_of_scope import malformed_if_out_of_scope

_to_json: Final = Verdict.__pydantic_serializer__.to_json

Show = Callable[[Chunk, int, Verdict, Sequence[Finding]], bytes]
"""Returns what is shown of the record at an index of a chunk: its verdict, and some findings."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is shown of a chunk, and its counts."""

    shown: list[bytes]
    """One item for each record that is shown, up to the limit."""
    hidden: int
    """Number of records that are over the limit."""
    outcomes: Counter[Outcome]
    rules: Counter[str]
    remarked: int
    """Number of records with remarks."""


def judge_chunk(  # noqa: PLR0913  # options of a command, all of them named
    chunk: Chunk,
    *,
    show: Show,
    max_bytes: int,
    hl7: Hl7Fields = HL7_FIELDS,
    every_record: bool = False,
    only: Collection[str] = (),
    limit: int | None = None,
) -> Judged:
    """Check a chunk. With `only`, nothing but findings of these rules is shown and counted.

    Shown are records with findings and dead letters, unless `every_record` is.
    """
    shown: list[bytes] = []
    hidden = remarked = 0
    outcomes: Counter[Outcome] = Counter()
    rules: Counter[str] = Counter()
    chunk = chunk.unpack(whole=every_record)
    outcomes[Outcome.OUT_OF_SCOPE] += chunk.out_of_scope
    for index, value in enumerate(chunk.values):
        if not every_record and _known_out_of_scope(value, max_bytes):
            outcomes[Outcome.OUT_OF_SCOPE] += 1
            continue
        verdict = judge_value(value, max_bytes, hl7)
        findings = verdict.findings
        if only:
            findings = tuple(finding for finding in findings if finding.rule in only)
        outcomes[verdict.outcome] += 1
        rules.update([finding.rule for finding in findings])
        remarked += bool(verdict.remarks)
        if every_record or findings or (verdict.rejection and not only):
            if limit is None or len(shown) < limit:
                shown.append(show(chunk, index, verdict, findings))
            else:
                hidden += 1
    return Judged(shown, hidden, outcomes, rules, remarked)


def _known_out_of_scope(value: Content, max_bytes: int) -> bool:
    """Return whether nothing of a record would be shown, as far as a first look can tell."""
    return (
        isinstance(value, bytes)
        and len(value) <= max_bytes
        and malformed_if_out_of_scope(value) is not None
    )


def judge_value(value: Content, max_bytes: int, hl7: Hl7Fields = HL7_FIELDS) -> Verdict:
    """Return the verdict on a record of a file."""
    return judge_read(read_content(value, max_bytes, hl7))


def show_json(_: Chunk, __: int, verdict: Verdict, findings: Sequence[Finding]) -> bytes:
    """Return a verdict as a line of JSON."""
    if len(findings) < len(verdict.findings):
        verdict = verdict.model_copy(update={"findings": tuple(findings)})
    return _to_json(verdict) + b"\n"


def show_csv(chunk: Chunk, index: int, verdict: Verdict, findings: Sequence[Finding]) -> bytes:
    """Return findings as lines of CSV, or the line of a dead letter."""
    leading = (
        chunk.source,
        chunk.numbers[index],
        verdict.provider_code,
        verdict.episode_id,
        verdict.outcome,
    )
    if verdict.rejection:
        return rejection_line(leading, verdict.rejection).encode()
    return finding_lines(leading, verdict, findings).encode()


def show_report(
    chunk: Chunk, index: int, verdict: Verdict, findings: Sequence[Finding], *, screen: Screen
) -> bytes:
    """Return a report for people."""
    lines = report(chunk.where(index), verdict, findings, screen.width)
    return screen.lines(lines).encode(errors="backslashreplace")
