"""Records as they are published and as they stand on a topic, and how both happen."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self, cast

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

SILENCE_SECONDS = 30

ClientOptions = Mapping[str, str | int]
"""What a client has to say to connect, as librdkafka names it."""

Header = tuple[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Content:
    """What a publisher gives."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    timestamp: int
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Record:
    """What stands on a topic."""

    topic: str
    offset: int
    content: Content

    def __str__(self) -> str:
        return f"{self.topic}/{self.content.partition}/{self.offset}"

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read a client's message."""
        topic, partition, offset = place_of(message)
        return cls(
            topic=topic,
            offset=offset,
            content=Content(
                partition=partition,
                key=message.key(),
                value=message.value(),
                headers=tuple(cast("list[Header] | None", message.headers()) or ()),
                timestamp=message.timestamp()[1],
            ),
        )


def place_of(message: Message) -> tuple[str, int, int]:
    """Give topic, partition and offset, which every message has that was received."""
    place = (message.topic(), message.partition(), message.offset())
    return cast("tuple[str, int, int]", place)


class Publisher:
    """Publishes to one topic, and remembers the last offset of each partition."""

    def __init__(self, client: ClientOptions, topic: str, **settings: str | int) -> None:
        self._client = client
        self._topic = topic
        self._unknown: set[int] = set()
        self.last: dict[int, int] = {}
        self.producer = Producer(
            {
                **client,
                "enable.idempotence": True,
                "message.max.bytes": 16_000_000,
                "queue.buffering.max.messages": 1_000_000,
                "linger.ms": 5,
                **{name.replace("_", "."): value for name, value in settings.items()},
            }
        )

    def publish(self, contents: Iterable[Content]) -> None:
        """Publish, and wait until the broker has everything."""
        self.hand_over(contents)
        self.finish(SILENCE_SECONDS)

    def hand_over(self, contents: Iterable[Content]) -> None:
        """Begin to publish."""
        for content in contents:
            self.producer.produce(
                self._topic,
                content.value,
                content.key,
                content.partition,
                on_delivery=self._delivered,
                timestamp=content.timestamp,
                headers=list(content.headers),
            )
            self.producer.poll(0)

    def finish(self, seconds: float) -> None:
        """Wait until the broker has everything."""
        if self.producer.flush(seconds):
            raise TimeoutError(self._topic)
        if self._unknown:
            with Consumer({**self._client, "group.id": "accounting"}) as consumer:
                for partition in self._unknown:
                    asked = TopicPartition(self._topic, partition)
                    _, end = consumer.get_watermark_offsets(asked, timeout=SILENCE_SECONDS)
                    self._note(partition, end - 1)
            self._unknown.clear()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        """Remember where a record stands.

        Where a broker's first answer was lost, the second may say only that it has the record.
        """
        if error is not None:
            raise KafkaException(error)
        partition, offset = cast("int", message.partition()), message.offset()
        if offset is None:
            self._unknown.add(partition)
        else:
            self._note(partition, offset)

    def _note(self, partition: int, offset: int) -> None:
        self.last[partition] = max(offset, self.last.get(partition, -1))


def open_consumer(client: ClientOptions, topic: str) -> tuple[Consumer, list[int]]:
    """Give a consumer at the beginning of a topic, and the topic's partitions."""
    consumer = Consumer(
        {
            **client,
            "group.id": "accounting",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 20,
        }
    )
    described = consumer.list_topics(topic, timeout=SILENCE_SECONDS).topics[topic]
    if described.error is not None:
        raise KafkaException(described.error)
    partitions = sorted(described.partitions)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    return consumer, partitions


def read_topic(client: ClientOptions, topic: str) -> Iterator[Record]:
    """Read what a reader of committed records sees, from the beginning to the end of now."""
    consumer, partitions = open_consumer(client, topic)
    unfinished = set(partitions)
    heard = time.monotonic()
    while unfinished and time.monotonic() - heard < SILENCE_SECONDS:
        message = consumer.poll(0.1)
        if message is None:
            continue
        heard = time.monotonic()
        error = message.error()
        if error is None:
            yield Record.of(message)
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # public name of the library
            unfinished.discard(message.partition())
        else:
            raise KafkaException(error)
    consumer.close()
    if unfinished:
        raise TimeoutError(topic, unfinished)
