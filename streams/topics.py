"""Every topic: its name, and how it is kept."""

from dataclasses import dataclass
from typing import Final

from schemas.verdict import Outcome
from streams.settings import OutOfScope, Settings

OVERHEAD_BYTES: Final = 1_048_576
"""Room in an output record, beyond the record that came in, for the headers added to it."""

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


def wanted(settings: Settings) -> list[Topic]:
    """Give every topic that the worker needs, the input first."""
    topics = Topics(settings.topic_prefix)
    by_time = {"cleanup.policy": "delete", "retention.ms": str(KEPT_MS)}
    largest_in = 2 * settings.max_record_bytes + OVERHEAD_BYTES
    largest_out = largest_in + OVERHEAD_BYTES
    outcomes = [
        outcome
        for outcome in Outcome
        if outcome is not Outcome.OUT_OF_SCOPE or settings.out_of_scope is OutOfScope.ROUTE
    ]
    return [
        Topic(topics.episodes, {**by_time, "max.message.bytes": str(largest_in)}),
        *(
            Topic(topics.outputs[outcome], {**by_time, "max.message.bytes": str(largest_out)})
            for outcome in outcomes
        ),
        Topic(topics.verdicts, {**by_time, "max.message.bytes": str(largest_out)}),
        Topic(topics.ledger, {"cleanup.policy": "compact", "retention.ms": "-1"}),
    ]
