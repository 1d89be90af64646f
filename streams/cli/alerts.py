"""`ipg12 alerts`: keeping them, looking at them, and dealing with them."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Final
from uuid import uuid4

import typer

from streams.errors import OperatorError

if TYPE_CHECKING:
    from schemas.alert import AlertAction

alerts = typer.Typer(help="Look after the alerts.")

_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{2}")
_PROVIDER: Final = re.compile(r"[A-Z0-9]{3,12}")
_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Form(StrEnum):
    """How alerts are written."""

    TABLE = "table"
    JSONL = "jsonl"


Key = Annotated[str, typer.Argument(metavar="RULE/PROVIDER", help="The alert, as in LV02/R0A.")]
By = Annotated[
    str | None, typer.Option(help="Who asks; the name of the login user where it is left out.")
]
Why = Annotated[str, typer.Option(help="The reason, for those who come after.")]
Note = Annotated[str | None, typer.Option(help="A note, for those who come after.")]


@alerts.callback()
def _group() -> None:
    """Look after the alerts."""


@alerts.command()
def run() -> None:
    """Keep the alerts until SIGTERM or SIGINT, from the verdicts that the worker gives."""
    from streams.alerting.run import run_alerts
    from streams.settings import Settings

    run_alerts(Settings.read())


@alerts.command()
def notify() -> None:
    """Tell IPG12_WEBHOOK_URL every step of the alerts from now on, until SIGTERM or SIGINT."""
    from streams.notifier.run import run_notifier
    from streams.settings import Settings

    run_notifier(Settings.read())


@alerts.command("list")
def list_(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are resolved, pending or silenced.")
    ] = False,
    rule: Annotated[str | None, typer.Option(help="Of this rule only.")] = None,
    provider: Annotated[str | None, typer.Option(help="Of this provider only.")] = None,
    form: Annotated[Form, typer.Option("--format", help="A table, or one alert a line.")] = (
        Form.TABLE
    ),
) -> None:
    """List the alerts with which somebody has something left to do."""
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import alert_table
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    code = _code(rule) if rule else None
    theirs = provider_code(provider) if provider else None
    found = [
        alert
        for alert in AlertClient(Settings.read()).alerts()
        if (everything or (alert.state.active and not alert.silence))
        and code in {None, alert.rule}
        and theirs in {None, alert.provider}
    ]
    if form is Form.JSONL:
        write("".join(f"{alert.model_dump_json()}\n" for alert in found))
    elif found:
        write(Screen.of_stdout().draw(alert_table(found)))
    else:
        write("no alerts\n" if everything else "no alerts to deal with; --all shows the others\n")


@alerts.command()
def show(key: Key) -> None:
    """Show all about one alert, and what happened to it."""
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import alert_page
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    rule, provider = _parts(key)
    desk = AlertClient(Settings.read())
    found = [each for each in desk.alerts() if (each.rule, each.provider) == (rule, provider)]
    if not found:
        message = f"there is no alert {rule}/{provider}; see `ipg12 alerts list --all`"
        raise OperatorError(message)
    screen = Screen.of_stdout()
    write(screen.lines(alert_page(found[0], desk.history(found[0].key))))


@alerts.command()
def acknowledge(key: Key, by: By = None, why: Note = None) -> None:
    """Take an alert on: say that somebody sees to it."""
    from schemas.alert import AlertAction

    _ask(AlertAction.ACKNOWLEDGE, key, by, why)


@alerts.command()
def resolve(key: Key, why: Why, by: By = None) -> None:
    """Resolve an alert by hand; a new finding reopens it."""
    from schemas.alert import AlertAction

    _ask(AlertAction.RESOLVE, key, by, why)


@alerts.command()
def silence(
    key: Key,
    why: Why,
    by: By = None,
    span: Annotated[
        str | None,
        typer.Option("--for", help="How long, as in 90m, 8h or 3d; or give --until."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Until when, as in 2026-12-24T18:00, local time; or give --for."),
    ] = None,
) -> None:
    """Hide an alert from `alerts list` and from alarms for a time, of 90 days at most."""
    from schemas.alert import AlertAction

    _ask(AlertAction.SILENCE, key, by, why, _end(span, until))


@alerts.command()
def unsilence(key: Key, by: By = None, why: Note = None) -> None:
    """End a silence before its time."""
    from schemas.alert import AlertAction

    _ask(AlertAction.UNSILENCE, key, by, why)


def _ask(
    action: "AlertAction", key: str, by: str | None, why: str | None, until: datetime | None = None
) -> None:
    """Send a command and say what came of it. Raises OperatorError."""
    from pydantic import ValidationError

    from schemas.alert import AlertCommand, AlertEventType
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import standing
    from streams.kafka.rights import Command
    from streams.settings import Settings

    rule, provider = _parts(key)
    try:
        command = AlertCommand(
            id=str(uuid4()),
            action=action,
            rule=rule,
            provider=provider,
            by=_login() if by is None else by,
            at=datetime.now(UTC),
            why=why,
            until=until,
        )
    except ValidationError as error:
        faults = (f"{' '.join(map(str, fault['loc']))} {fault['msg']}" for fault in error.errors())
        message = "; ".join(fault.replace("Value error, ", "").strip() for fault in faults)
        raise OperatorError(message) from None
    event = AlertClient(Settings.read(), Command.OPERATOR).ask(command)
    if event.step is AlertEventType.REFUSED or event.alert is None:
        message = f"{rule}/{provider}: {event.why}; nothing has changed"
        raise OperatorError(message)
    typer.echo(f"{event.key} {standing(event.alert)}")


def _login() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a number without a name, as containers have
        message = "nobody is logged in by name here; say who asks with --by"
        raise OperatorError(message) from None


def _parts(key: str) -> tuple[str, str]:
    """Give the rule's code and the provider of `RULE/PROVIDER`. Raises OperatorError."""
    rule, slash, provider = key.partition("/")
    if not slash:
        message = f"{key} names no alert; write RULE/PROVIDER, as in LV02/R0A"
        raise OperatorError(message)
    return _code(rule), provider_code(provider)


def provider_code(provider: str) -> str:
    """Give an ODS code in capitals. Raises OperatorError."""
    if not _PROVIDER.fullmatch(provider.upper()):
        message = f"{provider} is no ODS code: 3 to 12 letters and digits"
        raise OperatorError(message)
    return provider.upper()


def _code(rule: str) -> str:
    """Give the code of a rule, one that is no more included. Raises OperatorError."""
    from streams.cli.explain import find_rule

    return rule.upper() if _CODE.fullmatch(rule.upper()) else find_rule(rule).code


def _end(span: str | None, until: str | None) -> datetime:
    """Give when a silence ends. Raises OperatorError."""
    if bool(span) == bool(until):
        message = "a silence needs one end: give either --for or --until"
        raise OperatorError(message)
    if span:
        match = _SPAN.fullmatch(span)
        if match is None:
            message = "--for should be minutes, hours or days, as in 90m, 8h or 3d"
            raise OperatorError(message)
        return datetime.now(UTC) + timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        end = datetime.fromisoformat(until or "").astimezone(UTC)
    except (ValueError, OverflowError):
        message = "--until should be a date and time, as in 2026-12-24T18:00"
        raise OperatorError(message) from None
    if end <= datetime.now(UTC):
        message = "--until is in the past"
        raise OperatorError(message)
    return end
