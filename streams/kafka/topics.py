"""Every topic: its name, and how it is kept."""

from dataclasses import dataclass
from typing import Final

from schemas.verdict import Outcome
from streams.setting_types import OutOfScope
from streams.settings import Settings

LARGEST_BYTES: Final = 100 * 1_048_576
"""Size up to which an output takes batches: the largest request that brokers take by default.

A record leaves uncompressed, and may have come in compressed.
"""

BATCH_BYTES: Final = 1_048_576
"""Room in the input for what comes in a batch with a record of the largest size that is read."""

ANY_TIME_MS: Final = 2**63 - 1
"""A record keeps its timestamp, however far ahead of the broker's clock that is."""

KEPT_MS: Final = 30 * 24 * 3_600 * 1_000
"""How long records are kept, by their own timestamps, in milliseconds: 30 days."""

_BY_TIME: Final = {"cleanup.policy": "delete", "retention.ms": str(KEPT_MS)}
_LAST_ROWS: Final = {"cleanup.policy": "compact", "retention.ms": "-1"}
_AS_IT_CAME: Final = {
    "max.message.bytes": str(LARGEST_BYTES),
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": str(ANY_TIME_MS),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be."""

    name: str
    config: dict[str, str]


class Topics:
    """The names that follow from a prefix."""

    def __init__(self, prefix: str) -> None:
        """Name the topics."""
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
    """Give the beginning of a source topic's transactional ids; a partition's number follows.

    Neither a group's name nor a topic's can hold a slash, so no two deployments share an id.
    """
    return f"{group}/{source}/"


def alerts_group(settings: Settings) -> str:
    """Give the consumer group that keeps the alerts, beside the worker's."""
    return f"{settings.group}-alerts"


def webhook_group(settings: Settings) -> str:
    """Give the consumer group that tells the steps of alerts on."""
    return f"{settings.group}-webhook"


def wanted(settings: Settings) -> list[Topic]:
    """Give every topic, the input first."""
    return [*for_worker(settings), *for_alerts(settings)]


def for_worker(settings: Settings) -> list[Topic]:
    """Give every topic that the worker needs, the input first."""
    topics = Topics(settings.topic_prefix)
    largest_in = str(2 * settings.max_record_bytes + BATCH_BYTES)
    routed = [
        name
        for outcome, name in topics.outputs.items()
        if outcome is not Outcome.OUT_OF_SCOPE or settings.out_of_scope is OutOfScope.ROUTE
    ]
    return [
        Topic(topics.episodes, {**_BY_TIME, "max.message.bytes": largest_in}),
        *(Topic(name, {**_BY_TIME, **_AS_IT_CAME}) for name in (*routed, topics.verdicts)),
        Topic(topics.ledger, _LAST_ROWS),
    ]


def for_alerts(settings: Settings) -> list[Topic]:
    """Give every topic that the alerts need besides."""
    topics = Topics(settings.topic_prefix)
    return [
        Topic(topics.alert_commands, _BY_TIME),
        Topic(topics.alerts, _LAST_ROWS),
        Topic(topics.alert_events, {"cleanup.policy": "delete", "retention.ms": "-1"}),
        Topic(topics.alert_ledger, _LAST_ROWS),
        Topic(topics.worklist, {**_LAST_ROWS, "max.message.bytes": str(LARGEST_BYTES)}),
    ]
