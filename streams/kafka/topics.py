"""Every topic: its name and configuration."""

from dataclasses import dataclass
from typing import Final

from schemas.verdict import Outcome
from streams.setting_types import OutOfScope
from streams.settings import Settings

LARGEST_BYTES: Final = 100 * 1_048_576
"""Largest batch of an output topic: the largest request that brokers accept by default.

A record is written uncompressed, even if it was compressed in the input.
"""

BATCH_BYTES: Final = 1_048_576
"""Room in a batch of the input, beside a record of the largest size that is read."""

ANY_TIME_MS: Final = 2**63 - 1
"""Lets a record keep its timestamp, however far ahead of the broker's clock."""

RETENTION_MS: Final = 30 * 24 * 3_600 * 1_000
"""Retention of records, by their own timestamps, in milliseconds: 30 days."""

_RETAINED: Final = {"cleanup.policy": "delete", "retention.ms": str(RETENTION_MS)}
_COMPACTED: Final = {"cleanup.policy": "compact", "retention.ms": "-1"}
_OUTPUT: Final = {
    "max.message.bytes": str(LARGEST_BYTES),
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": str(ANY_TIME_MS),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, and its configuration."""

    name: str
    config: dict[str, str]


class Topics:
    """The names of all topics with a prefix."""

    def __init__(self, prefix: str) -> None:
        self.episodes = f"{prefix}episodes"
        self.verdicts = f"{prefix}verdicts"
        self.ledger = f"{prefix}ledger"
        self.alert_commands = f"{prefix}alert-commands"
        self.alerts = f"{prefix}alerts"
        self.alert_events = f"{prefix}alert-events"
        self.alert_ledger = f"{prefix}alert-ledger"
        self.worklist = f"{prefix}worklist"
        self.outputs = {outcome: f"{prefix}{outcome}" for outcome in Outcome}


def transactional_ids(group: str, source: str) -> str:
    """Return the prefix of a source topic's transactional ids; a partition's number follows.

    Neither group ids nor topic names can contain a slash, so no two deployments share an id.
    """
    return f"{group}/{source}/"


def alerts_group(settings: Settings) -> str:
    """Return the consumer group of the alerts process."""
    return f"{settings.group}-alerts"


def webhook_group(settings: Settings) -> str:
    """Return the consumer group that delivers the events of alerts."""
    return f"{settings.group}-webhook"


def wanted(settings: Settings) -> list[Topic]:
    """Return every topic, the input first."""
    return [*for_worker(settings), *for_alerts(settings)]


def for_worker(settings: Settings) -> list[Topic]:
    """Return every topic that the worker needs, the input first."""
    topics = Topics(settings.topic_prefix)
    largest_in = str(2 * settings.max_record_bytes + BATCH_BYTES)
    routed = [
        name
        for outcome, name in topics.outputs.items()
        if outcome is not Outcome.OUT_OF_SCOPE or settings.out_of_scope is OutOfScope.ROUTE
    ]
    return [
        Topic(topics.episodes, {**_RETAINED, "max.message.bytes": largest_in}),
        *(Topic(name, {**_RETAINED, **_OUTPUT}) for name in (*routed, topics.verdicts)),
        Topic(topics.ledger, _COMPACTED),
    ]


def for_alerts(settings: Settings) -> list[Topic]:
    """Return the topics that the alerts need besides."""
    topics = Topics(settings.topic_prefix)
    return [
        Topic(topics.alert_commands, _RETAINED),
        Topic(topics.alerts, _COMPACTED),
        Topic(topics.alert_events, {"cleanup.policy": "delete", "retention.ms": "-1"}),
        Topic(topics.alert_ledger, _COMPACTED),
        Topic(topics.worklist, {**_COMPACTED, "max.message.bytes": str(LARGEST_BYTES)}),
    ]
