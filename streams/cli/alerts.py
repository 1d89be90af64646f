"""`ipg12 alerts`: running the alerts process, and listing and changing alerts."""

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

alerts = typer.Typer(help="Run, list and change alerts.")

_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{2}")
_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Form(StrEnum):
    """Output format."""

    TABLE = "table"
    JSONL = "jsonl"


Key = Annotated[str, typer.Argument(metavar="RULE/PROVIDER", help="The alert, as in LV02/R0A.")]
By = Annotated[str | None, typer.Option(help="Who makes the change; default: the login user.")]
Why = Annotated[str, typer.Option(help="The reason, kept with the alert.")]
Note = Annotated[str | None, typer.Option(help="A note, kept with the alert.")]


@alerts.callback()
def _group() -> None:
    """Run, list and change alerts."""


@alerts.command()
def run() -> None:
    """Run the alerts process until SIGTERM or SIGINT: it turns verdicts into alerts."""
    from streams.alerting.app import run_alerts
    from streams.settings import Settings

    run_alerts(Settings.read())


@alerts.command()
def notify() -> None:
    """Deliver every event of an alert to IPG12_WEBHOOK_URL, until SIGTERM or SIGINT."""
    from streams.notifier.run import run_notifier
    from streams.settings import Settings

    run_notifier(Settings.read())


@alerts.command("list")
def list_(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Include resolved, pending and silenced.")
    ] = False,
    rule: Annotated[str | None, typer.Option(help="Only alerts on this rule.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only alerts at this provider.")] = None,
    form: Annotated[Form, typer.Option("--format", help="A table, or JSON lines.")] = (Form.TABLE),
) -> None:
    """List the alerts that still need action."""
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import alert_table
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    code = _code(rule) if rule else None
    ods_code = provider_code(provider) if provider else None
    found = [
        alert
        for alert in AlertClient(Settings.read()).alerts()
        if (everything or (alert.state.active and not alert.silence))
        and code in {None, alert.rule}
        and ods_code in {None, alert.provider}
    ]
    if form is Form.JSONL:
        write("".join(f"{alert.model_dump_json()}\n" for alert in found))
    elif found:
        write(Screen.of_stdout().draw(alert_table(found)))
    else:
        write("no alerts\n" if everything else "no alerts need action; --all lists the others\n")


@alerts.command()
def show(key: Key) -> None:
    """Show an alert and its history."""
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import alert_page
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    rule, provider = _parts(key)
    client = AlertClient(Settings.read())
    found = [each for each in client.alerts() if (each.rule, each.provider) == (rule, provider)]
    if not found:
        message = f"there is no alert {rule}/{provider}; see `ipg12 alerts list --all`"
        raise OperatorError(message)
    screen = Screen.of_stdout()
    write(screen.lines(alert_page(found[0], client.history(found[0].key))))


@alerts.command()
def acknowledge(key: Key, by: By = None, why: Note = None) -> None:
    """Acknowledge an alert: tell everyone that you are dealing with it."""
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
        str | None, typer.Option("--for", help="How long, as in 90m, 8h or 3d; or use --until.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Until when, as in 2026-12-24T18:00, local time; or use --for."),
    ] = None,
) -> None:
    """Hide an alert from `alerts list` and from notifications, for at most 90 days."""
    from schemas.alert import AlertAction

    _ask(AlertAction.SILENCE, key, by, why, _end(span, until))


@alerts.command()
def unsilence(key: Key, by: By = None, why: Note = None) -> None:
    """End a silence early."""
    from schemas.alert import AlertAction

    _ask(AlertAction.UNSILENCE, key, by, why)


def _ask(
    action: "AlertAction", key: str, by: str | None, why: str | None, until: datetime | None = None
) -> None:
    """Send a command and print the outcome. Raises OperatorError."""
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
    except (KeyError, OSError):  # a user id without a name, as in containers
        message = "the login user has no name; use --by to say who makes the change"
        raise OperatorError(message) from None


def _parts(key: str) -> tuple[str, str]:
    """Return the rule's code and the provider of `RULE/PROVIDER`. Raises OperatorError."""
    rule, slash, provider = key.partition("/")
    if not slash:
        message = f"{key} is not the name of an alert; write RULE/PROVIDER, as in LV02/R0A"
        raise OperatorError(message)
    return _code(rule), provider_code(provider)


def provider_code(provider: str) -> str:
    """Return an ODS code as verdicts have it: R0A for r0a00. Raises OperatorError."""
    from streams.validation.reading.identity import readable_identity

    read = readable_identity({"provider_code": provider})
    if not read:
        message = f"{provider} is not an ODS code of 3 to 12 letters and digits"
        raise OperatorError(message)
    return read["provider_code"]


def duration(text: str) -> timedelta | None:
    """Read minutes, hours or days: `90m`, `8h` or `3d`; None for anything else."""
    match = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def _code(rule: str) -> str:
    """Return the code of a rule, even of a former one. Raises OperatorError."""
    from streams.cli.explain import find_rule

    return rule.upper() if _CODE.fullmatch(rule.upper()) else find_rule(rule).code


def _end(span: str | None, until: str | None) -> datetime:
    """Return when a silence ends. Raises OperatorError."""
    if bool(span) == bool(until):
        message = "a silence needs one end: use either --for or --until"
        raise OperatorError(message)
    if span:
        length = duration(span)
        if length is None:
            message = "--for should be minutes, hours or days, as in 90m, 8h or 3d"
            raise OperatorError(message)
        return datetime.now(UTC) + length
    try:
        end = datetime.fromisoformat(until or "").astimezone(UTC)
    except (ValueError, OverflowError):
        message = "--until should be a date and time, as in 2026-12-24T18:00"
        raise OperatorError(message) from None
    if end <= datetime.now(UTC):
        message = "--until is in the past"
        raise OperatorError(message)
    return end
