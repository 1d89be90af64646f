"""Every topic: its name, and how it is kept."""

from dataclasses import dataclass
from typing import Final

from schemas.verdict import Outcome
from streams.settings import OutOfScope, Settings

LARGEST_BYTES: Final = 100 * 1_048_576
"""Size up to which an output takes batches: the largest request that brokers take by default.

A record leaves uncompressed, and may have come in compressed many times over.
"""

BATCH_BYTES: Final = 1_048_576
"""Room in the input for what comes in a batch with a record of the largest size that is read."""

ANY_TIME_MS: Final = 2**63 - 1
"""A record keeps its timestamp, however far ahead of the broker's clock that is."""

KEPT_MS: Final = 30 * 24 * 3_600 * 1_000
"""How long records are kept, by their own timestamps, in milliseconds: 30 days."""


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
        self.outputs = {outcome: f"{prefix}{outcome}" for outcome in Outcome}


def transactional_ids(settings: Settings, source: str) -> str:
    """Give the beginning of a source topic's transactional ids; a partition's number follows.

    Neither a group's name nor a topic's can hold a slash, so no two deployments share an id.
    """
    return f"{settings.group}/{source}/"


def wanted(settings: Settings) -> list[Topic]:
    """Give every topic that the worker needs, the input first."""
    topics = Topics(settings.topic_prefix)
    by_time = {"cleanup.policy": "delete", "retention.ms": str(KEPT_MS)}
    copies = {
        **by_time,
        "max.message.bytes": str(LARGEST_BYTES),
        "message.timestamp.type": "CreateTime",
        "message.timestamp.after.max.ms": str(ANY_TIME_MS),
    }
    largest_in = str(2 * settings.max_record_bytes + BATCH_BYTES)
    routed = [
        name
        for outcome, name in topics.outputs.items()
        if outcome is not Outcome.OUT_OF_SCOPE or settings.out_of_scope is OutOfScope.ROUTE
    ]
    return [
        Topic(topics.episodes, {**by_time, "max.message.bytes": largest_in}),
        *(Topic(name, copies) for name in (*routed, topics.verdicts)),
        Topic(topics.ledger, {"cleanup.policy": "compact", "retention.ms": "-1"}),
    ]
