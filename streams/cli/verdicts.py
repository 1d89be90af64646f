"""`ipg12 verdicts`: the answers to records, from the verdicts topic."""

import signal
from datetime import UTC, datetime
from threading import Event
from typing import Annotated

import typer

from streams.cli.alerts import Form, duration, provider_code
from streams.errors import OperatorError


def verdicts(
    *,
    provider: Annotated[str | None, typer.Option(help="Only verdicts of this provider.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only on records published since then: 2h, 3d, or 2026-01-31T08:00, local time."
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new ones until SIGTERM or SIGINT.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="A table, or JSON lines.")] = Form.TABLE,
) -> None:
    """Show the verdicts in Kafka, partition by partition: all that the topic keeps, by default."""
    from schemas.verdict import Verdict
    from streams.cli.showing.terminal import Screen, write
    from streams.cli.showing.verdicts import verdict_heading, verdict_line
    from streams.errors import written_by_ipg12
    from streams.kafka.admin import verify_use
    from streams.kafka.rights import Command
    from streams.kafka.topic_reader import read_topic
    from streams.kafka.topics import Topics
    from streams.settings import Settings

    code = provider_code(provider) if provider else None
    since_ms = _milliseconds(since) if since else None
    settings = Settings.read()
    verify_use(settings, Command.READER)
    topic = Topics(settings.topic_prefix).verdicts
    screen = Screen.of_stdout()
    stop = _stopped_by_signals() if follow else None
    shown = False
    for message in read_topic(settings, topic, since_ms=since_ms, stop=stop):
        value, timestamp = message.value(), message.timestamp()[1]
        if value is None or timestamp < (since_ms or timestamp):
            continue
        with written_by_ipg12(f"{topic}/{message.partition()}/{message.offset()}"):
            verdict = Verdict.model_validate_json(value)
        if code not in {None, verdict.provider_code}:
            continue
        if form is Form.JSONL:
            write(f"{verdict.model_dump_json()}\n")
        else:
            heading = [] if shown else [verdict_heading()]
            write(screen.lines([*heading, verdict_line(verdict, timestamp)]))
        shown = True
    if form is Form.TABLE and not (shown or follow):
        write("no verdicts\n")


def _milliseconds(since: str) -> int:
    """Return a time, or one that long ago, in milliseconds since 1970. Raises OperatorError."""
    length = duration(since)
    try:
        at = datetime.now(UTC) - length if length else datetime.fromisoformat(since).astimezone(UTC)
    except (ValueError, OverflowError):
        message = "--since should be as in 90m, 8h or 3d, or a time as in 2026-01-31T08:00"
        raise OperatorError(message) from None
    return max(0, int(at.timestamp() * 1000))


def _stopped_by_signals() -> Event:
    """Return an event that is set on SIGTERM and SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
