"""One set of topics on a cluster, its workers, and what a test asks of them."""

import subprocess
import time
from collections.abc import Iterable
from functools import cache, cached_property, partial
from itertools import chain, count
from pathlib import Path
from random import Random
from typing import Protocol

from broker.accounting import Account, Books
from broker.kafka import Cluster
from broker.load import episode, mixed_load
from broker.records import Content, Publisher, Record, read_topic
from broker.waiting import wait_until
from broker.worker import COMMAND, Alerts, Dashboard, Notifier, Worker, run
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.validation.reading import MAX_RECORD_BYTES

COMMAND_SECONDS = 120
DONE_SECONDS = 240
ANSWER_SECONDS = 30


class Deployment:
    """Topics with a prefix of their own, and the group that reads them."""

    def __init__(self, cluster: Cluster, folder: Path, prefix: str, **settings: str) -> None:
        """Name it; `settings` are for every command: `out_of_scope="count"` and the like."""
        self.cluster = cluster
        self.prefix = prefix
        self.group = f"{prefix}group"
        self.started_ms = int(time.time() * 1000)
        self.settings = settings
        self.partitions_added = False
        self._folder = folder
        self._numbers = count(1)
        self._random = Random(prefix)  # noqa: S311  # repeatable, not secret
        self._publisher = self.publisher()
        self._last: dict[int, int] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The configuration of every command."""
        return {
            "IPG12_BROKERS": self.cluster.address,
            "IPG12_TOPIC_PREFIX": self.prefix,
            "IPG12_GROUP": self.group,
            **{f"IPG12_{name.upper()}": value for name, value in self.settings.items()},
        }

    @cached_property
    def admin(self) -> AdminClient:
        """A client for the administration."""
        return self.cluster.admin()

    def topic(self, name: str) -> str:
        """Give a topic's whole name."""
        return f"{self.prefix}{name}"

    def create_topics(self, partitions: int) -> None:
        """Create every topic with the command for it."""
        done = self.run(
            *("topics", "create", "--partitions", str(partitions)),
            *("--replication-factor", str(min(3, len(self.cluster.brokers)))),
        )
        assert done.returncode == 0, done.stderr
        lines = (line.split() for line in done.stdout.splitlines())
        created = {words[1] for words in lines if words[0] == "created"}
        for broker in self.cluster.brokers:
            one = AdminClient({**self.cluster.client, "bootstrap.servers": broker.address})
            knows = partial(self._knows, one, created)
            wait_until(knows, f"{broker.address} knew the new topics", ANSWER_SECONDS)

    @staticmethod
    def _knows(broker: AdminClient, names: set[str]) -> bool:
        """Tell whether a broker knows topics: it hears of them later than the controller."""
        known = broker.list_topics(timeout=ANSWER_SECONDS).topics
        return all(
            name in known and all(each.leader >= 0 for each in known[name].partitions.values())
            for name in names
        )

    def topics(self) -> dict[str, int]:
        """Give the partitions of each topic that there is."""
        found = self.admin.list_topics(timeout=ANSWER_SECONDS).topics
        return {
            name: len(topic.partitions)
            for name, topic in found.items()
            if name.startswith(self.prefix)
        }

    def worker(self, *program: str | Path, **settings: str) -> Worker:
        """Give a worker that is not started yet.

        `program` runs it instead of the installed command; `settings` are for it alone.
        """
        environment = {f"IPG12_{name.upper()}": value for name, value in settings.items()}
        log = self._folder / f"worker-{next(self._numbers)}.log"
        return Worker(log, self.environment | environment, program or (COMMAND,))

    def alerts(self, **settings: str) -> Alerts:
        """Give a process that keeps the alerts; it is not started yet."""
        environment = {f"IPG12_{name.upper()}": value for name, value in settings.items()}
        log = self._folder / f"alerts-{next(self._numbers)}.log"
        return Alerts(log, self.environment | environment)

    def notifier(self, **settings: str) -> Notifier:
        """Give a process that tells steps of alerts on; it is not started yet."""
        environment = {f"IPG12_{name.upper()}": value for name, value in settings.items()}
        log = self._folder / f"notifier-{next(self._numbers)}.log"
        return Notifier(log, self.environment | environment)

    def dashboard(self, **settings: str) -> Dashboard:
        """Give a dashboard; it is not started yet."""
        environment = {f"IPG12_{name.upper()}": value for name, value in settings.items()}
        log = self._folder / f"dashboard-{next(self._numbers)}.log"
        return Dashboard(log, self.environment | environment)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        environment = {f"IPG12_{name.upper()}": value for name, value in settings.items()}
        return run(*arguments, environment=self.environment | environment, seconds=COMMAND_SECONDS)

    def load(self, number: int, seed: int) -> list[Content]:
        """Make a mixed load that is about an hour old at most."""
        size = self.settings.get("max_record_bytes")
        loaded = mixed_load(
            number,
            seed=seed,
            partitions=self.topics()[self.topic("episodes")],
            newest=self.started_ms,
            max_bytes=int(size) if size else None,
        )
        return list(loaded)

    def episode(self, codes: str, **fields: object) -> bytes:
        """Write an episode; its procedures' codes are separated by blanks."""
        return episode(self._random, next(self._numbers), codes, **fields)

    def publisher(self, **settings: str | int) -> Publisher:
        """Give a publisher of its own; what it publishes is expected only when told so."""
        return Publisher(self.cluster.client, self.topic("episodes"), **settings)

    def publish(self, contents: Iterable[Content]) -> None:
        """Publish to the input, and expect all of it to be done."""
        self._publisher.publish(contents)
        self.expect(self._publisher)

    def expect(self, publisher: Publisher) -> None:
        """Expect that all that a publisher has published will be done."""
        for partition, offset in publisher.last.items():
            self._last[partition] = max(offset, self._last.get(partition, -1))

    def ledger(self) -> dict[int, LedgerRow]:
        """Read the last row of each source partition."""
        rows = {}
        for record in read_topic(self.cluster.client, self.topic("ledger")):
            number = int((record.content.key or b"").rpartition(b"/")[2])
            rows[number] = LedgerRow.model_validate_json(record.content.value or b"")
        return rows

    def done(self) -> int:
        """Give how many records the ledger counts."""
        return sum(sum(row.outcomes.values()) for row in self.ledger().values())

    def last(self, partition: int) -> int:
        """Give the last offset that is expected to be done."""
        return self._last[partition]

    def unfinished(self) -> dict[int, int]:
        """Give how many offsets of each partition are not done, where there are any."""
        rows = self.ledger()
        left = {
            partition: last - (rows[partition].upto if partition in rows else -1)
            for partition, last in self._last.items()
        }
        return {partition: number for partition, number in left.items() if number}

    def wait_done(self, worker: Worker) -> None:
        """Wait until everything published is done."""
        worker.wait_until(
            lambda: not self.unfinished(), "everything published was done", DONE_SECONDS
        )

    def group_offsets(self, beside: str = "") -> dict[int, int]:
        """Give the group's committed offsets, where it has any; or those of a group beside it."""
        group = f"{self.group}-{beside}" if beside else self.group
        wanted = ConsumerGroupTopicPartitions(group)
        asked = self.admin.list_consumer_group_offsets([wanted], require_stable=True)
        found = asked[group].result().topic_partitions
        return {each.partition: each.offset for each in found if each.offset >= 0}

    def wait_shared(self, *workers: Worker) -> dict[Worker, set[int]]:
        """Wait until these workers share all partitions; gives who has which.

        Asks the workers: librdkafka's administration aborts where a group has no coordinator yet.
        """
        everything = set(range(self.topics()[self.topic("episodes")]))

        def shared() -> dict[Worker, set[int]]:
            shares: dict[Worker, set[int]] = {}
            for worker in reversed(workers):  # the newest is the last to have any
                if not (share := worker.partitions()):
                    return {}
                shares[worker] = share
            return shares if sorted(chain(*shares.values())) == sorted(everything) else {}

        what = f"{len(workers)} workers shared the partitions"
        return workers[-1].wait_until(shared, what, DONE_SECONDS)

    def wait_transactions_ended(self) -> None:
        """Wait until no transaction holds up the readers of the ledger.

        Brokers write the markers after they have answered, and end one that timed out while its
        worker was stopped only when they next look; what hangs, hangs for ever.
        """

        def ended() -> bool:
            return self.ends("ledger") == self.ends("ledger", "read_uncommitted")

        wait_until(ended, "no transaction was open", DONE_SECONDS)

    def ends(self, topic: str, isolation: str = "read_committed") -> dict[int, int]:
        """Give the end of each partition of a topic, as readers of that isolation see it."""
        name = self.topic(topic)
        asker = self._asker(isolation)
        numbers = range(self.topics()[name])
        places = [TopicPartition(name, number) for number in numbers]
        return {
            each.partition: asker.get_watermark_offsets(each, ANSWER_SECONDS)[1] for each in places
        }

    @cache  # noqa: B019  # a deployment lives as long as its test
    def _asker(self, isolation: str) -> Consumer:
        """Give a client for offsets: the administration's aborts while transactions are pending."""
        return Consumer({**self.cluster.client, "group.id": "asking", "isolation.level": isolation})

    def configure(self, topic: str, settings: dict[str, str]) -> None:
        """Set what a topic is to have otherwise, as an operator may at any time."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in settings.items()
        ]
        kind = ResourceType.TOPIC
        resource = ConfigResource(kind, self.topic(topic), incremental_configs=entries)
        self.admin.incremental_alter_configs([resource])[resource].result()

    def move_group(self, offsets: dict[int, int]) -> None:
        """Set the group's offsets, as an operator may while no worker runs."""
        places = [
            TopicPartition(self.topic("episodes"), number, offset)
            for number, offset in offsets.items()
        ]
        wanted = [ConsumerGroupTopicPartitions(self.group, places)]
        self.admin.alter_consumer_group_offsets(wanted)[self.group].result()
        assert self.group_offsets() == offsets

    def incoming(self) -> list[Record]:
        """Read what stands on the input."""
        return list(read_topic(self.cluster.client, self.topic("episodes")))

    def account(self, incoming: Iterable[Record] | None = None) -> Account:
        """Read everything back and compare; `incoming` where the input no longer holds it all."""
        client = self.cluster.client
        copied = set(Outcome)
        if self.settings.get("out_of_scope") == "count":
            copied.remove(Outcome.OUT_OF_SCOPE)
        return Books(
            group=self.group,
            max_bytes=int(self.settings.get("max_record_bytes", MAX_RECORD_BYTES)),
            incoming=self.incoming() if incoming is None else incoming,
            copies={each: read_topic(client, self.topic(each)) for each in copied},
            answers=read_topic(client, self.topic("verdicts")),
            ledger=read_topic(client, self.topic("ledger")),
            copied=frozenset(copied),
            keys_stay=not self.partitions_added,
        ).close()


class Deploy(Protocol):
    """Makes a deployment, its topics created unless they are to have no partitions."""

    def __call__(self, partitions: int = 4, **settings: str) -> Deployment: ...
