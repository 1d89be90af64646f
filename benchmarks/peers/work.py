"""The work on one record, the same in every peer; where it is to be found, and where it goes."""

import os
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from schemas.verdict import Outcome
from streams.kafka.topics import Topics
from streams.records import Header
from streams.validation.check import judge
from streams.validation.routing import Routing

BROKERS: Final = os.environ["IPG12_BROKERS"]
GROUP: Final = os.environ["IPG12_GROUP"]
TOPICS: Final = Topics(os.environ["IPG12_TOPIC_PREFIX"])


class Judged(NamedTuple):
    """What becomes of a record: a copy with these headers, and perhaps an answer."""

    outcome: Outcome
    topic: str
    headers: list[Header]
    answer: tuple[bytes | None, bytes] | None
    """Key and value."""


def judged(
    partition: int, offset: int, value: bytes | None, headers: Iterable[Header] | None
) -> Judged:
    """Judge a record of the input."""
    verdict = judge(value)
    outcome = verdict.outcome
    routing = _routing(partition)
    return Judged(
        outcome,
        TOPICS.outputs[outcome],
        routing.headers(verdict, offset, headers or ()),
        None if outcome is Outcome.OUT_OF_SCOPE else routing.verdict(verdict, offset),
    )


@cache
def _routing(partition: int) -> Routing:
    return Routing(TOPICS.episodes, partition, GROUP)
