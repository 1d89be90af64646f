"""How a command changes an alert, or why it is refused."""

from typing import assert_never

from schemas.alert import Alert, AlertAction, AlertCommand, AlertEventType, AlertState, Silence


def contradiction(action: AlertAction, alert: Alert) -> str | None:
    """Return why the state of an alert does not allow an action; None if it does."""
    if alert.state is AlertState.PENDING:
        return "is pending: there are not enough findings yet"
    match action:
        case AlertAction.ACKNOWLEDGE:
            if alert.state is AlertState.ACKNOWLEDGED:
                return f"is acknowledged already, by {alert.acknowledged_by}"
            return "is resolved" if alert.state is AlertState.RESOLVED else None
        case AlertAction.RESOLVE:
            return "is resolved already" if alert.state is AlertState.RESOLVED else None
        case AlertAction.SILENCE:
            return None
        case AlertAction.UNSILENCE:
            return "is not silenced" if alert.silence is None else None
        case _:
            assert_never(action)


def apply(command: AlertCommand, alert: Alert) -> tuple[AlertEventType, dict[str, object]]:
    """Return the event that a command causes, and the fields of the alert that it changes."""
    match command.action:
        case AlertAction.ACKNOWLEDGE:
            return AlertEventType.ACKNOWLEDGED, {
                "state": AlertState.ACKNOWLEDGED,
                "since": command.at,
                "acknowledged_by": command.by,
                "note": command.why or alert.note,
            }
        case AlertAction.RESOLVE:
            return AlertEventType.RESOLVED, {
                "state": AlertState.RESOLVED,
                "since": command.at,
                "awaiting": 0,
                "note": command.why,
            }
        case AlertAction.SILENCE:
            silence = Silence.model_validate(
                {"until": command.until, "by": command.by, "why": command.why}
            )
            return AlertEventType.SILENCED, {"silence": silence}
        case AlertAction.UNSILENCE:
            return AlertEventType.UNSILENCED, {"silence": None}
        case _:
            assert_never(command.action)
