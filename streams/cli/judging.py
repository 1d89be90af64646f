"""Checking a chunk of records, and the output for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from schemas.episode import Episode
from schemas.verdict import Outcome, Verdict
from streams.cli.reading.partial import Oversized, Value
from streams.cli.reading.records import Chunk
from streams.cli.showing.report import report_episode, report_rejection
from streams.cli.showing.terminal import Screen
from streams.validation.check import judge, refuse
from streams.validation.reading import too_large

_to_json: Final = Verdict.__pydantic_serializer__.to_json


@dataclass(frozen=True, slots=True)
class Judged:
    """The output and the counts for a chunk."""

    text: bytes
    outcomes: Counter[Outcome]
    rules: Counter[str]


def judge_as_json(chunk: Chunk, max_bytes: int) -> Judged:
    """Check a chunk; the output is one verdict as JSON per line."""
    verdicts = [_judge(value, max_bytes) for value in chunk.values]
    text = b"".join([_to_json(verdict) + b"\n" for verdict in verdicts])
    return _judged(text, verdicts)


def judge_as_report(chunk: Chunk, max_bytes: int, screen: Screen) -> Judged:
    """Check a chunk; the output is a report on each record with findings or a rejection."""
    verdicts = [_judge(value, max_bytes) for value in chunk.values]
    reports = "".join(
        screen.lines(report_record(chunk.where(index), chunk.values[index], verdict, screen.width))
        for index, verdict in enumerate(verdicts)
        if verdict.findings or verdict.rejection
    )
    return _judged(reports.encode(errors="backslashreplace"), verdicts)


def _judge(value: Value, max_bytes: int) -> Verdict:
    if isinstance(value, Oversized):
        return refuse(too_large(value.size_bytes, max_bytes))
    return judge(value, max_bytes)


def report_record(where: str, value: Value, verdict: Verdict, width: int) -> Iterator[Text]:
    """Lay out the report on a record."""
    if verdict.rejection:
        yield from report_rejection(where, verdict, verdict.rejection, width)
    elif isinstance(value, bytes):
        yield from report_episode(where, verdict, Episode.model_validate_json(value), width)


def _judged(text: bytes, verdicts: list[Verdict]) -> Judged:
    return Judged(
        text,
        Counter(verdict.outcome for verdict in verdicts),
        Counter(finding.rule for verdict in verdicts for finding in verdict.findings),
    )
