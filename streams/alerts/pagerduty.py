"""Notifications in the format of PagerDuty's Events API v2.

https://developer.pagerduty.com/docs/send-alert-event
"""

from typing import Final, Literal, NotRequired, TypedDict

from schemas.verdict import Severity
from streams.alerts.notification import Notification, NotificationKind, alert_url, details, summary

SUMMARY_CHARACTERS: Final = 1024
"""Maximum length of a summary at PagerDuty."""

Action = Literal["trigger", "acknowledge", "resolve"]
Weight = Literal["critical", "error", "warning", "info"]

_ACTIONS: Final[dict[NotificationKind, Action]] = {
    NotificationKind.FIRING: "trigger",
    NotificationKind.ACKNOWLEDGED: "acknowledge",
    NotificationKind.RESOLVED: "resolve",
}
_WEIGHTS: Final[dict[Severity, Weight]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "info",
}

PagerDutyPayload = TypedDict(
    "PagerDutyPayload",
    {
        "summary": str,
        "source": str,
        "severity": Weight,
        "timestamp": str,
        "component": str,
        "group": str,
        "class": str,
        "custom_details": dict[str, str],
    },
)
"""The description of an alert that PagerDuty shows."""


class PagerDutyEvent(TypedDict):
    """An event as PagerDuty's API accepts it."""

    routing_key: str
    event_action: Action
    dedup_key: str
    client: str
    client_url: NotRequired[str]
    payload: PagerDutyPayload


def for_pagerduty(
    item: Notification, group: str, routing_key: str, dashboard_url: str = ""
) -> PagerDutyEvent | None:
    """Return a notification as an event; None for a silence, which PagerDuty does not support.

    `group` is the consumer group, and separates the alerts of different deployments.
    `dashboard_url` ends in a slash; empty without a dashboard.
    """
    action = _ACTIONS.get(item.kind)
    if action is None:
        return None
    event, alert = item.event, item.alert
    written: PagerDutyEvent = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": f"{group}/{alert.key}",
        "client": "ipg12",
        "payload": {
            "summary": summary(item)[:SUMMARY_CHARACTERS],
            "source": alert.provider,
            "severity": _WEIGHTS[alert.severity],
            "timestamp": event.at.isoformat(),
            "component": alert.rule,
            "group": group,
            "class": "coding rule",
            "custom_details": details(item),
        },
    }
    if url := alert_url(item, dashboard_url):
        written["client_url"] = url
    return written
