"""The demonstration: publish episodes, run the real worker, read the outputs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Message

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome, Verdict
from streams.demo.broker import embedded_broker, free_port
from streams.demo.episodes import BROKEN, invented_episodes
from streams.demo.outputs import wait_for_ledger
from streams.demo.processes import running
from streams.kafka.publish import Publisher, record_key
from streams.kafka.topic_reader import read_topic
from streams.kafka.topics import Topics, wanted
from streams.settings import Settings
from streams.validation.reading import read_episode

EPISODES: Final = 2_000
WORKER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What went in and what came out."""

    broker: str
    published: int
    source: str
    copies: dict[Outcome, list[Message]]
    """The records of each output topic."""
    verdicts: list[Verdict]
    ledger: list[LedgerRow]

    @property
    def accounted(self) -> Counter[Outcome]:
        """Records by outcome, according to the ledger."""
        total: Counter[Outcome] = Counter()
        for row in self.ledger:
            total.update(row.outcomes)
        return total

    @property
    def balanced(self) -> bool:
        """Whether the counts of the ledger, the topics and what was published are equal."""
        copied = {outcome: len(messages) for outcome, messages in self.copies.items()}
        return copied == dict(self.accounted) and sum(copied.values()) == self.published

    @property
    def rules(self) -> Counter[str]:
        """Findings by rule, according to the ledger."""
        total: Counter[str] = Counter()
        for row in self.ledger:
            total.update(row.rules)
        return total

    def refused(self) -> Iterator[tuple[str, Verdict]]:
        """Yield source and verdict of refused records; proposed sequences come first."""
        for verdict in sorted(self.verdicts, key=lambda verdict: verdict.proposed is None):
            if verdict.source and verdict.outcome in {Outcome.NON_COMPLIANT, Outcome.DEAD_LETTER}:
                source = verdict.source
                yield f"{source.topic}/{source.partition}/{source.offset}", verdict


@contextmanager
def demonstrate() -> Iterator[Demonstration]:
    """Run broker and worker until the context ends; takes seconds. Raises OperatorError."""
    with embedded_broker([topic.name for topic in wanted(Settings())]) as broker:
        settings = Settings(brokers=broker)
        topics = Topics(settings.topic_prefix)
        values = [*invented_episodes(EPISODES, in_scope=0.2, faulty=0.4), *BROKEN]
        publisher = Publisher(settings, lambda: None)
        for value in values:
            publisher.publish(value, record_key(read_episode(value)))
        publisher.finish()
        with running("worker", IPG12_BROKERS=broker, IPG12_WEB_PORT=str(free_port())) as worker:
            ledger = wait_for_ledger(settings, len(values), WORKER_SECONDS, worker)
            yield Demonstration(
                broker=broker,
                published=len(values),
                source=topics.episodes,
                copies={
                    outcome: list(read_topic(settings, topics.outputs[outcome]))
                    for outcome in Outcome
                },
                verdicts=[
                    Verdict.model_validate_json(_value(message))
                    for message in read_topic(settings, topics.verdicts)
                ],
                ledger=ledger,
            )


def _value(message: Message) -> bytes:
    value = message.value()
    return value if isinstance(value, bytes) else b""
