"""What is told on of a step in the life of an alert, in whatever shape."""

from enum import StrEnum
from typing import NamedTuple

from schemas.alert import Alert, AlertEvent, AlertEventType, AlertState
from streams.validation.rules import TITLES


class NotificationKind(StrEnum):
    """What a step means to somebody who has to see to the alert."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class Notification(NamedTuple):
    """A step that is told on, and the alert after it."""

    news: NotificationKind
    event: AlertEvent
    alert: Alert


def notification(event: AlertEvent) -> Notification | None:
    """Give what is told of a step; None where nothing is."""
    alert = event.alert
    news = _news(event.step, alert) if alert else None
    return Notification(news, event, alert) if news and alert else None


def _news(step: AlertEventType, alert: Alert) -> NotificationKind | None:
    """Give what a step means; None where it is nobody's business, or a silence hides it.

    What a silence hid is told when it ends: that is a step too.
    """
    seen, active = alert.silence is None, alert.state.active
    taken_on = alert.state is AlertState.ACKNOWLEDGED
    return {
        AlertEventType.OPENED: NotificationKind.FIRING if seen else None,
        AlertEventType.REOPENED: NotificationKind.FIRING if seen else None,
        AlertEventType.ACKNOWLEDGED: NotificationKind.ACKNOWLEDGED if seen else None,
        AlertEventType.SILENCED: NotificationKind.SILENCED if active else None,
        AlertEventType.UNSILENCED: NotificationKind.ACKNOWLEDGED
        if taken_on
        else NotificationKind.FIRING
        if active
        else None,
        AlertEventType.RESOLVED: NotificationKind.RESOLVED,
    }.get(step)


def summary(told: Notification) -> str:
    """Say in one line what happened, and what there is left to do."""
    event, alert = told.event, told.alert
    rule = f"{TITLES[alert.rule]} ({alert.rule})" if alert.rule in TITLES else alert.rule
    said = f"{rule} at {alert.provider}: {event.step}"
    if told.news is NotificationKind.RESOLVED:
        return said
    episodes = "1 episode awaits" if alert.awaiting == 1 else f"{alert.awaiting} episodes await"
    return f"{said}, {episodes} correction"


def details(told: Notification) -> dict[str, str]:
    """Say the rest of it; what is not there is left out."""
    event, alert = told.event, told.alert
    said = {
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
    return {name: text for name, text in said.items() if text}


def alert_url(told: Notification, dashboard_url: str) -> str:
    """Return the address of the alert's page; empty without a dashboard."""
    return f"{dashboard_url}alerts/{told.alert.key}" if dashboard_url else ""
