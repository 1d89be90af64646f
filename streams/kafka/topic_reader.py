"""What stands in topics, read from their beginnings."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
"""How long brokers may give neither records nor the end of a partition."""


def read_topic(settings: Settings, topic: str) -> Iterator[Message]:
    """Read what stands in a topic, from its beginning to its end. Raises OperatorError."""
    with TopicReader(settings, topic) as contents:
        heard = monotonic()
        while contents.unfinished:
            for message in contents.poll():
                heard = monotonic()
                yield message
            if monotonic() - heard > SILENCE_SECONDS:
                fault = f"topic {topic}: no answer for {SILENCE_SECONDS:.0f} s; look at the brokers"
                raise OperatorError(fault)


class TopicReader:
    """Reads topics from their beginnings, or what comes from now on; committed records only."""

    def __init__(self, settings: Settings, *topics: str, from_now: bool = False) -> None:
        """Name the topics, which must be there."""
        self._from_now = from_now
        self._consumer = Consumer(
            {
                **for_librdkafka(settings),
                "group.id": "ipg12-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",  # a topic that was made anew is another one
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        self._places = {(topic, number) for topic in topics for number in self._numbers(topic)}
        self.unfinished = set(self._places)
        """Topics and partitions whose end has not been reached."""

    def __enter__(self) -> Self:
        """Begin."""
        places = [TopicPartition(*place, OFFSET_BEGINNING) for place in self._places]
        if self._from_now:
            for place in places:
                with _answering(place.topic):
                    place.offset = self._end(place)
        self._consumer.assign(places)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the consumer."""
        self._consumer.close()

    def poll(self) -> Iterator[Message]:
        """Give the records that have come; raises OperatorError."""
        for message in self._consumer.consume(500, POLL_SECONDS):
            error = message.error()
            topic, partition = message.topic() or "", message.partition() or 0
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the library's own name
                self.unfinished.discard((topic, partition))
            elif error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:  # no group is made use of
                fault = f"cannot read topic {topic}: {error.str()}"
                raise OperatorError(fault)

    def verify_whole(self) -> None:
        """See that no partition has been added to what is read. Raises OperatorError."""
        for topic in {topic for topic, _ in self._places}:
            if {(topic, number) for number in self._numbers(topic)} - self._places:
                fault = f"topic {topic} has more partitions than before; start again"
                raise OperatorError(fault)

    def left(self, topic: str, done: Mapping[str, int]) -> int | None:
        """Count the offsets of any topic beyond those done; None where the brokers are silent.

        `done` gives the last offset of each `TOPIC/PARTITION`.
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
        with _answering(topic):
            found = self._consumer.list_topics(topic, ANSWER_SECONDS).topics[topic]
            if found.error:
                raise KafkaException(found.error)
            return list(found.partitions)

    def _end(self, place: TopicPartition) -> int:
        return self._consumer.get_watermark_offsets(place, ANSWER_SECONDS)[1]


@contextmanager
def _answering(topic: str) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        message = f"cannot read topic {topic}: {error.args[0].str()}"
        raise OperatorError(message) from None
