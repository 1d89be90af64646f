"""The work on one record, the same in every peer; where it is to be found, and where it goes."""

import os
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from schemas.verdict import Outcome
from streams.kafka.topics import Topics
from streams.records import Header
from streams.settings import Settings
from streams.validation.check import OutOfScopeEpisode, judge_in_scope
from streams.validation.routing import Routing

BROKERS: Final = os.environ["IPG12_BROKERS"]
GROUP: Final = os.environ["IPG12_GROUP"]
TOPICS: Final = Topics(os.environ["IPG12_TOPIC_PREFIX"])


ECHO: Final = Settings().echoed_headers


class Answer(NamedTuple):
    """A record on the verdicts topic."""

    key: bytes | None
    value: bytes
    headers: list[Header]


class Judged(NamedTuple):
    """What becomes of a record: a copy with these headers, and perhaps an answer."""

    outcome: Outcome
    topic: str
    headers: list[Header]
    answer: Answer | None


def judged(
    partition: int, offset: int, value: bytes | None, headers: Iterable[Header] | None
) -> Judged:
    """Judge a record of the input."""
    verdict = judge_in_scope(value)
    routing = _routing(partition)
    incoming = headers or ()
    if isinstance(verdict, OutOfScopeEpisode):
        outcome = Outcome.OUT_OF_SCOPE
        copied = routing.out_of_scope(verdict.unreadable, offset, incoming)
        return Judged(outcome, TOPICS.outputs[outcome], copied, None)
    outcome = verdict.outcome
    echoed = routing.verdict_headers(outcome, offset, incoming)
    answer = Answer(*routing.verdict(verdict, offset), echoed)
    copied = routing.headers(verdict, offset, incoming)
    return Judged(outcome, TOPICS.outputs[outcome], copied, answer)


@cache
def _routing(partition: int) -> Routing:
    return Routing(TOPICS.episodes, partition, GROUP, echo=ECHO)
