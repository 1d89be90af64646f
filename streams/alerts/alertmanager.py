"""Notifications in the format of Prometheus Alertmanager's webhook, version 4.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
from typing import Final, Literal, TypedDict

from streams.alerts.notification import Notification, NotificationKind, alert_url, details, summary

NOT_YET: Final = "0001-01-01T00:00:00Z"
"""`endsAt` of an alert that has not ended: Go's zero time."""

Status = Literal["firing", "resolved"]


class AlertmanagerAlert(TypedDict):
    """One alert in a message."""

    status: Status
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: str
    endsAt: str
    generatorURL: str
    fingerprint: str


class AlertmanagerMessage(TypedDict):
    """The body of Alertmanager's webhook, here always with one alert."""

    version: Literal["4"]
    groupKey: str
    truncatedAlerts: int
    status: Status
    receiver: str
    groupLabels: dict[str, str]
    commonLabels: dict[str, str]
    commonAnnotations: dict[str, str]
    externalURL: str
    alerts: list[AlertmanagerAlert]


def for_alertmanager(
    item: Notification, group: str, dashboard_url: str = ""
) -> AlertmanagerMessage:
    """Return a notification as a message; `group` is the consumer group of the deployment.

    Labels and fingerprint are the same for all events of an alert.
    `dashboard_url` ends in a slash; empty without a dashboard.
    """
    alert = item.alert
    labels = {
        "alertname": "Ipg12BrokenRule",
        "rule": alert.rule,
        "provider": alert.provider,
        "severity": alert.severity.value,
        "group": group,
    }
    identity = {name: labels[name] for name in ("group", "provider", "rule")}
    named = ", ".join(f'{name}="{text}"' for name, text in identity.items())
    annotations = {"summary": summary(item), **details(item)}
    resolved = item.kind is NotificationKind.RESOLVED
    status: Status = "resolved" if resolved else "firing"
    ends = max(item.event.at, alert.first_seen).isoformat() if resolved else NOT_YET
    return {
        "version": "4",
        "groupKey": f"{{}}:{{{named}}}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "ipg12",
        "groupLabels": identity,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": dashboard_url,
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": alert.first_seen.isoformat(),
                "endsAt": ends,
                "generatorURL": alert_url(item, dashboard_url),
                "fingerprint": _fingerprint("/".join(identity.values())),
            }
        ],
    }


def _fingerprint(identity: str) -> str:
    """Return 16 hexadecimal digits, as in Alertmanager's own fingerprints."""
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
