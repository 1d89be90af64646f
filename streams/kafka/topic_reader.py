"""Reading topics without a group."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import Final, Self

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from streams.errors import OperatorError
from streams.kafka.connection import for_librdkafka
from streams.settings import Settings

POLL_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 10.0
"""How long brokers may return neither records nor the end of a partition."""


def read_topic(
    settings: Settings, topic: str, *, since_ms: int | None = None, stop: Event | None = None
) -> Iterator[Message]:
    """Read a topic to its end, or until `stop` is set. Raises OperatorError.

    Starts at its beginning, or at the first records whose timestamps are `since_ms` or later.
    """
    with TopicReader(settings, topic, since_ms=since_ms) as reader:
        last_answer = monotonic()
        while reader.unfinished if stop is None else not stop.is_set():
            for message in reader.poll():
                last_answer = monotonic()
                yield message
            if stop is None and monotonic() - last_answer > SILENCE_SECONDS:
                fault = f"topic {topic}: no answer for {SILENCE_SECONDS:.0f} s; check the brokers"
                raise OperatorError(fault)


class TopicReader:
    """Reads committed records of topics, from the beginning, a timestamp, or now on."""

    def __init__(
        self, settings: Settings, *topics: str, from_now: bool = False, since_ms: int | None = None
    ) -> None:
        """Read `topics`, which must exist."""
        self._from_now = from_now
        self._since_ms = since_ms
        self._consumer = Consumer(
            {
                **for_librdkafka(settings),
                "group.id": "ipg12-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",  # a topic created again is another topic
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        self._partitions = {(topic, number) for topic in topics for number in self._numbers(topic)}
        self.unfinished = set(self._partitions)
        """Topics and partitions whose end has not been reached."""

    def __enter__(self) -> Self:
        """Assign the partitions."""
        assignment = [TopicPartition(*each, OFFSET_BEGINNING) for each in self._partitions]
        for partition in assignment:
            with _operator_errors(partition.topic):
                if self._since_ms is not None:
                    partition.offset = self._first_since(partition, self._since_ms)
                elif self._from_now:
                    partition.offset = self._end(partition)
        self._consumer.assign(assignment)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the consumer."""
        self._consumer.close()

    def poll(self) -> Iterator[Message]:
        """Yield the records that have arrived. Raises OperatorError."""
        for message in self._consumer.consume(500, POLL_SECONDS):
            error = message.error()
            topic, partition = message.topic() or "", message.partition() or 0
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # in the public API
                self.unfinished.discard((topic, partition))
            elif error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:  # no group is used
                fault = f"cannot read topic {topic}: {error.str()}"
                raise OperatorError(fault)

    def verify_whole(self) -> None:
        """Raise OperatorError if partitions have been added to a topic."""
        for topic in {topic for topic, _ in self._partitions}:
            if {(topic, number) for number in self._numbers(topic)} - self._partitions:
                fault = f"topic {topic} has more partitions than at the start; start again"
                raise OperatorError(fault)

    def lag(self, topic: str, done: Mapping[str, int]) -> int | None:
        """Return the lag of a topic in offsets; None if the brokers do not answer.

        `done` is the last processed offset of each `TOPIC/PARTITION`.
        """
        try:
            return sum(
                max(
                    0,
                    self._end(TopicPartition(topic, number))
                    - 1
                    - done.get(f"{topic}/{number}", -1),
                )
                for number in self._numbers(topic)
            )
        except (KafkaException, OperatorError):
            return None

    def _numbers(self, topic: str) -> list[int]:
        with _operator_errors(topic):
            found = self._consumer.list_topics(topic, ANSWER_SECONDS).topics[topic]
            if found.error:
                raise KafkaException(found.error)
            return list(found.partitions)

    def _first_since(self, partition: TopicPartition, since_ms: int) -> int:
        """Return the offset of the first record since a time; the beginning if none is found.

        The embedded broker never finds one, and callers compare the timestamps anyway.
        """
        asked = TopicPartition(partition.topic, partition.partition, since_ms)
        (found,) = self._consumer.offsets_for_times([asked], ANSWER_SECONDS)
        if found.error:
            raise KafkaException(found.error)
        return found.offset if found.offset >= 0 else OFFSET_BEGINNING

    def _end(self, partition: TopicPartition) -> int:
        return self._consumer.get_watermark_offsets(partition, ANSWER_SECONDS)[1]


@contextmanager
def _operator_errors(topic: str) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        message = f"cannot read topic {topic}: {error.args[0].str()}"
        raise OperatorError(message) from None
