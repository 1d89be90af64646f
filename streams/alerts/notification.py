"""Which events of alerts are delivered, and their text in any format."""

from enum import StrEnum
from typing import NamedTuple

from schemas.alert import Alert, AlertEvent, AlertEventType, AlertState
from streams.validation.rules import TITLES


class NotificationKind(StrEnum):
    """What an event means to the people who deal with the alert."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class Notification(NamedTuple):
    """An event to deliver, and the alert after it."""

    kind: NotificationKind
    event: AlertEvent
    alert: Alert


def notification(event: AlertEvent) -> Notification | None:
    """Return the notification of an event; None if it is not delivered."""
    alert = event.alert
    kind = _kind(event.step, alert) if alert else None
    return Notification(kind, event, alert) if kind and alert else None


def _kind(step: AlertEventType, alert: Alert) -> NotificationKind | None:
    """Return what an event means; None if nobody needs to know, or the alert is silenced.

    What a silence hid is delivered when it ends, which is an event too.
    """
    audible, active = alert.silence is None, alert.state.active
    acknowledged = alert.state is AlertState.ACKNOWLEDGED
    return {
        AlertEventType.OPENED: NotificationKind.FIRING if audible else None,
        AlertEventType.REOPENED: NotificationKind.FIRING if audible else None,
        AlertEventType.ACKNOWLEDGED: NotificationKind.ACKNOWLEDGED if audible else None,
        AlertEventType.SILENCED: NotificationKind.SILENCED if active else None,
        AlertEventType.UNSILENCED: NotificationKind.ACKNOWLEDGED
        if acknowledged
        else NotificationKind.FIRING
        if active
        else None,
        AlertEventType.RESOLVED: NotificationKind.RESOLVED,
    }.get(step)


def summary(item: Notification) -> str:
    """Return one line on what happened, and how many episodes await correction."""
    event, alert = item.event, item.alert
    rule = f"{TITLES[alert.rule]} ({alert.rule})" if alert.rule in TITLES else alert.rule
    text = f"{rule} at {alert.provider}: {event.step}"
    if item.kind is NotificationKind.RESOLVED:
        return text
    episodes = "1 episode awaits" if alert.awaiting == 1 else f"{alert.awaiting} episodes await"
    return f"{text}, {episodes} correction"


def details(item: Notification) -> dict[str, str]:
    """Return the details of a notification; empty ones are left out."""
    event, alert = item.event, item.alert
    texts = {
        "step": event.step.value,
        "state": alert.state.value,
        "why": event.why,
        "by": event.by,
        "acknowledged_by": alert.acknowledged_by,
        "silenced_until": alert.silence and alert.silence.until.isoformat(),
        "awaiting": str(alert.awaiting),
        "findings": str(alert.findings),
        "last_seen": alert.last_seen.isoformat(),
    }
    return {name: text for name, text in texts.items() if text}


def alert_url(item: Notification, dashboard_url: str) -> str:
    """Return the address of the alert's page; empty without a dashboard."""
    return f"{dashboard_url}alerts/{item.alert.key}" if dashboard_url else ""
