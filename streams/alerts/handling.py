"""What a command makes of an alert, or why it makes no sense."""

from schemas.alert import Alert, AlertAction, AlertCommand, AlertEventType, AlertState, Silence


def contradiction(action: AlertAction, alert: Alert) -> str | None:
    """Say why an action makes no sense for an alert; None where it does."""
    if alert.state is AlertState.PENDING:
        return "is pending: there are too few findings yet"
    if action is AlertAction.ACKNOWLEDGE and alert.state is AlertState.ACKNOWLEDGED:
        return f"is acknowledged already, by {alert.acknowledged_by}"
    if action is AlertAction.ACKNOWLEDGE and alert.state is AlertState.RESOLVED:
        return "is resolved"
    if action is AlertAction.RESOLVE and alert.state is AlertState.RESOLVED:
        return "is resolved already"
    if action is AlertAction.UNSILENCE and alert.silence is None:
        return "is not silenced"
    return None


def done(command: AlertCommand, alert: Alert) -> tuple[AlertEventType, dict[str, object]]:
    """Give what a command makes of an alert."""
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
    return AlertEventType.UNSILENCED, {"silence": None}
