"""Alerts, and episodes awaiting correction, for people."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from schemas.alert import Alert, AlertEvent, AlertState, EpisodeRow
from streams.cli.showing.report import SEVERITY_STYLES, report_codes
from streams.cli.showing.terminal import visible
from streams.validation.rules import TITLES

_INDENT = "  "


def alert_table(alerts: Iterable[Alert]) -> Table:
    """Lay out alerts, one a row."""
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("Alert", "Severity", "State"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Awaiting", "Findings"):
        table.add_column(heading, justify="right")
    for heading in ("Since", "Last seen", "Who"):
        table.add_column(heading)
    for alert in alerts:
        table.add_row(
            alert.key,
            Text(alert.severity, SEVERITY_STYLES[alert.severity]),
            f"{alert.state}, silenced" if alert.silence else alert.state,
            f"{alert.awaiting:,}",
            f"{alert.findings:,}",
            local(alert.since),
            local(alert.last_seen),
            visible(alert.acknowledged_by or ""),
        )
    return table


def alert_page(alert: Alert, history: Iterable[AlertEvent]) -> Iterator[Text]:
    """Lay out an alert, with its history."""
    yield Text(f"{alert.key} {standing(alert)}", "bold")
    yield Text(f"{_INDENT}rule       {TITLES.get(alert.rule, alert.rule)}, {alert.severity}")
    yield Text(f"{_INDENT}seen       {local(alert.first_seen)} to {local(alert.last_seen)}")
    yield Text(f"{_INDENT}findings   {alert.findings:,}")
    yield Text(f"{_INDENT}awaiting   {alert.awaiting:,}")
    if alert.note:
        yield Text(f"{_INDENT}note       {visible(alert.note)}")
    yield Text()
    for event in history:
        who = f" by {visible(event.by)}" if event.by else ""
        yield Text(
            f"{_INDENT}{local(event.at)}  {event.step}{who}: {visible(event.why)}".rstrip(": ")
        )


def standing(alert: Alert) -> str:
    """Return the state of an alert in a few words."""
    text = f"is {alert.state}"
    if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by:
        text += f" by {visible(alert.acknowledged_by)}"
    if alert.silence:
        text += f", silenced until {local(alert.silence.until)}"
    return f"{text}, {_awaiting(alert.awaiting)}"


def worklist_lines(rows: Sequence[EpisodeRow], width: int) -> Iterator[Text]:
    """Lay out episodes awaiting correction."""
    for row in rows:
        yield Text(f"episode {visible(row.episode_id)}: {row.outcome}", "bold")
        yield from report_codes(row, row.awaited_findings, row.remarks, width)
        yield Text()
    yield Text(f"{_awaiting(len(rows))}.")


def local(moment: datetime) -> str:
    """Return a time in the local time zone, to the minute."""
    try:
        return moment.astimezone().strftime("%Y-%m-%d %H:%M")
    except OverflowError:  # at either end of the calendar
        return moment.strftime("%Y-%m-%d %H:%MZ")


def _awaiting(episodes: int) -> str:
    return f"{episodes:,} episode{' awaits' if episodes == 1 else 's await'} correction"
