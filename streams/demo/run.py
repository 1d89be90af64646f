"""The demonstration: publish, let the real worker judge, read back."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Final

from confluent_kafka import Message

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome, Verdict
from streams.demo.broker import embedded_broker, free_port
from streams.demo.episodes import BROKEN, invented_episodes
from streams.demo.outputs import wait_for_ledger
from streams.kafka.contents import read_topic
from streams.kafka.publish import Publisher
from streams.settings import Settings
from streams.topics import Topics, wanted
from streams.trouble import Trouble

EPISODES: Final = 2_000
WORKER_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What went in and what came out."""

    published: int
    source: str
    copies: dict[Outcome, list[Message]]
    """What stands in each output topic."""
    verdicts: list[Verdict]
    ledger: list[LedgerRow]

    @property
    def accounted(self) -> Counter[Outcome]:
        """Records by outcome, as the ledger says."""
        total: Counter[Outcome] = Counter()
        for row in self.ledger:
            total.update(row.outcomes)
        return total

    @property
    def balanced(self) -> bool:
        """Tell whether ledger, topics and what was published agree."""
        copied = {outcome: len(messages) for outcome, messages in self.copies.items()}
        return copied == dict(self.accounted) and sum(copied.values()) == self.published

    @property
    def rules(self) -> Counter[str]:
        """Findings by rule, as the ledger says."""
        total: Counter[str] = Counter()
        for row in self.ledger:
            total.update(row.rules)
        return total

    def refused(self) -> Iterator[tuple[str, bytes, Verdict]]:
        """Give refused records, source, value and verdict; first those with a proposed sequence."""
        verdicts = {
            f"{verdict.source.topic}/{verdict.source.partition}/{verdict.source.offset}": verdict
            for verdict in self.verdicts
            if verdict.source
        }
        refused = self.copies[Outcome.NON_COMPLIANT] + self.copies[Outcome.DEAD_LETTER]
        records = {_header(message, "ipg12-source"): _value(message) for message in refused}
        for source in sorted(records, key=lambda source: verdicts[source].proposed is None):
            yield source, records[source], verdicts[source]


def demonstrate() -> Demonstration:
    """Run it all; takes some seconds. Raises Trouble."""
    with embedded_broker([topic.name for topic in wanted(Settings())]) as broker:
        settings = Settings(brokers=broker)
        topics = Topics(settings.topic_prefix)
        values = [*invented_episodes(EPISODES, in_scope=0.2, faulty=0.4), *BROKEN]
        publisher = Publisher(settings, lambda: None)
        publisher.publish(values)
        publisher.finish()
        with _worker(broker) as check_alive:
            ledger = wait_for_ledger(settings, len(values), WORKER_SECONDS, check_alive)
        return Demonstration(
            published=len(values),
            source=topics.episodes,
            copies={
                outcome: list(read_topic(settings, topics.outputs[outcome])) for outcome in Outcome
            },
            verdicts=[
                Verdict.model_validate_json(_value(message))
                for message in read_topic(settings, topics.verdicts)
            ],
            ledger=ledger,
        )


@contextmanager
def _worker(broker: str) -> Iterator[Callable[[], None]]:
    """Run the worker as a process of its own, stopped as an operator would stop it.

    Gives a function that raises Trouble once the worker has ended by itself.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("IPG12_")}
    environment = {**others, "IPG12_BROKERS": broker, "IPG12_WEB_PORT": str(free_port())}
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "worker"], env=environment, stderr=log
        )

        def check_alive() -> None:
            if process.poll() is not None:
                log.seek(0)
                said = log.read().decode(errors="replace").splitlines()
                message = f"the worker ended by itself: {said[-1] if said else 'it said nothing'}"
                raise Trouble(message)

        try:
            yield check_alive
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _value(message: Message) -> bytes:
    value = message.value()
    return value if isinstance(value, bytes) else b""


def _header(message: Message, name: str) -> str:
    headers = dict(message.headers() or ())
    value = headers.get(name)
    return value.decode() if isinstance(value, bytes) else ""
