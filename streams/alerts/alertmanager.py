"""The shape of Prometheus Alertmanager's webhook, version 4.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
from typing import Final, Literal, TypedDict

from streams.alerts.notification import Notification, NotificationKind, alert_url, details, summary

NOT_YET: Final = "0001-01-01T00:00:00Z"
"""When an alert ends that has not: Go's zero time."""

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
    """What a receiver of Alertmanager's webhook takes: here always one alert."""

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
    told: Notification, group: str, dashboard_url: str = ""
) -> AlertmanagerMessage:
    """Write it; `group` is the consumer group of the deployment.

    `dashboard_url` ends in a slash; empty without a dashboard.

    Labels and fingerprint stay the same from one step of an alert to the next.
    """
    alert = told.alert
    labels = {
        "alertname": "Ipg12BrokenRule",
        "rule": alert.rule,
        "provider": alert.provider,
        "severity": alert.severity.value,
        "group": group,
    }
    identity = {name: labels[name] for name in ("group", "provider", "rule")}
    named = ", ".join(f'{name}="{text}"' for name, text in identity.items())
    annotations = {"summary": summary(told), **details(told)}
    resolved = told.news is NotificationKind.RESOLVED
    status: Status = "resolved" if resolved else "firing"
    ends = max(told.event.at, alert.first_seen).isoformat() if resolved else NOT_YET
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
                "generatorURL": alert_url(told, dashboard_url),
                "fingerprint": _fingerprint("/".join(identity.values())),
            }
        ],
    }


def _fingerprint(identity: str) -> str:
    """Give 16 hexadecimal digits, as Alertmanager's own have."""
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
