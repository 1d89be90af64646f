"""Verdicts as lines of a table, which need not be complete to be shown."""

from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from schemas.verdict import Verdict
from streams.cli.showing.alerts import local
from streams.cli.showing.report import OUTCOME_STYLES
from streams.cli.showing.terminal import visible

_LAST_MS: Final = 253_402_300_799_000
"""The end of the year 9999; a record may have any timestamp."""

_TIME: Final = len("2026-01-31 10:00")
_PROVIDER: Final = len("Provider")
_EPISODE: Final = 20
_OUTCOME: Final = len("non-compliant")


def verdict_heading() -> Text:
    """Return the heading of the table."""
    return Text(_columns("Record of", "Provider", "Episode", "Outcome", "Rules or reason"), "bold")


def verdict_line(verdict: Verdict, timestamp_ms: int) -> Text:
    """Return the line of a verdict; the timestamp is that of its record."""
    at = datetime.fromtimestamp(min(max(timestamp_ms, 0), _LAST_MS) / 1000, UTC)
    why = verdict.rejection.reason if verdict.rejection else ", ".join(verdict.rules)
    line = Text(
        _columns(
            local(at),
            verdict.provider_code or "",
            visible(verdict.episode_id or ""),
            verdict.outcome,
            why,
        )
    )
    line.highlight_words([verdict.outcome], OUTCOME_STYLES[verdict.outcome])
    return line


def _columns(time: str, provider: str, episode: str, outcome: str, why: str) -> str:
    return (
        f"{time:<{_TIME}}  {provider:<{_PROVIDER}}  {episode:<{_EPISODE}}  "
        f"{outcome:<{_OUTCOME}}  {why}"
    ).rstrip()
