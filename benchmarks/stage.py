"""Topics for one run: filled with a backlog, read back, and removed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final

from broker.records import place_of
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from benchmarks.loads import Backlog, Record
from benchmarks.processes import ROOT
from streams.demo.broker import free_port
from streams.kafka.admin import create_topics
from streams.kafka.topics import Topics
from streams.settings import Settings

PARTITIONS: Final = 16
OPEN_SECONDS: Final = 600.0
READ_RECORDS: Final = 10_000
SILENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """The topics of a prefix, for one contender after another that does their records."""

    brokers: str
    prefix: str
    partitions: int = PARTITIONS

    @property
    def topics(self) -> Topics:
        """Name the topics."""
        return Topics(self.prefix)

    @property
    def group(self) -> str:
        """Name the consumer group."""
        return f"{self.prefix}group"

    def environment(self) -> dict[str, str]:
        """Tell a process where to work."""
        return {
            "IPG12_BROKERS": self.brokers,
            "IPG12_TOPIC_PREFIX": self.prefix,
            "IPG12_GROUP": self.group,
            "IPG12_PARTITIONS": str(self.partitions),
            "IPG12_WEB_PORT": str(free_port()),
            "IPG12_SCHEMA": str(ROOT / "schemas" / "json" / "episode.schema.json"),
        }

    def create(self) -> None:
        """Create the topics."""
        create_topics(
            Settings(brokers=self.brokers, topic_prefix=self.prefix), self.partitions, replication=1
        )

    def publish(self, backlog: Backlog) -> None:
        """Create the topics and publish a backlog."""
        self.create()
        self._send(self._producer(), backlog.records())

    def publish_held(self, backlog: Backlog) -> Callable[[], None]:
        """Create the topics and publish a backlog; gives what lets all of it be read at once.

        Until then a contender finds only what there is to warm up with: the other records are in
        a transaction.
        """
        self.publish(backlog.warm_up())
        producer = self._producer(
            {
                "transactional.id": f"{self.prefix}publisher",
                "transaction.timeout.ms": int(OPEN_SECONDS * 1_000),
            }
        )
        producer.init_transactions()
        producer.begin_transaction()
        self._send(producer, backlog.records(len(backlog.warm_up())))
        return producer.commit_transaction

    def written(self) -> Counter[str]:
        """Count the records of each output topic, and of the answers: those committed."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.brokers,
                "group.id": f"{self.prefix}reader",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        heard = monotonic()
        unread = {
            TopicPartition(topic, number)
            for topic in (*self.topics.outputs.values(), self.topics.verdicts)
            for number in range(self.partitions)
        }
        consumer.assign(list(unread))
        found: Counter[str] = Counter()
        while unread:
            messages = consumer.consume(READ_RECORDS, 0.2)
            if messages:
                heard = monotonic()
            elif monotonic() > heard + SILENCE_SECONDS:
                unfinished = f"topics of {self.prefix} could not be read to their end"
                raise TimeoutError(unfinished)
            for message in messages:
                error = message.error()
                if error is None:
                    found[place_of(message)[0]] += 1
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    unread.discard(TopicPartition(*place_of(message)[:2]))
                else:
                    raise KafkaException(error)
        consumer.close()
        return found

    def remove(self) -> None:
        """Delete every topic of the run, those too that the contender created for itself."""
        admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})
        names = [name for name in admin.list_topics().topics if name.startswith(self.prefix)]
        if names:
            for deleted in admin.delete_topics(names).values():
                deleted.result()

    def _producer(self, more: Mapping[str, str | int] | None = None) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self.brokers,
                "linger.ms": 20,
                "batch.size": 1_000_000,
                "log_level": 0,
                **(more or {}),
            }
        )

    def _send(self, producer: Producer, records: Iterable[Record]) -> None:
        for key, value in records:
            while True:
                try:
                    producer.produce(self.topics.episodes, value, key)
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
        producer.flush()
