"""What stands in a topic, read from its beginning."""

from collections.abc import Iterator
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

from streams.kafka.connection import for_librdkafka
from streams.settings import Settings
from streams.trouble import Trouble

POLL_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 10.0
"""How long brokers may give neither records nor the end of a partition."""


def read_topic(settings: Settings, topic: str) -> Iterator[Message]:
    """Read what stands in a topic, from its beginning to its end. Raises Trouble."""
    with Contents(settings, topic) as contents:
        heard = monotonic()
        while contents.unfinished:
            for message in contents.poll():
                heard = monotonic()
                yield message
            if monotonic() - heard > SILENCE_SECONDS:
                fault = f"topic {topic}: no answer for {SILENCE_SECONDS:.0f} s; look at the brokers"
                raise Trouble(fault)


class Contents:
    """Reads a topic from its beginning, or what comes from now on; committed records only."""

    def __init__(self, settings: Settings, topic: str, *, from_now: bool = False) -> None:
        """Name the topic, which must be there."""
        self._topic = topic
        self._from_now = from_now
        self._consumer = Consumer(
            {
                **for_librdkafka(settings),
                "group.id": "ipg12-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        with _answering(topic):
            metadata = self._consumer.list_topics(topic, ANSWER_SECONDS)
        self.unfinished = set(metadata.topics[topic].partitions)
        """Partitions whose end has not been reached."""

    def __enter__(self) -> Self:
        """Begin."""
        places = [
            TopicPartition(self._topic, number, OFFSET_BEGINNING) for number in self.unfinished
        ]
        if self._from_now:
            with _answering(self._topic):
                for place in places:
                    place.offset = self._consumer.get_watermark_offsets(place, ANSWER_SECONDS)[1]
        self._consumer.assign(places)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the consumer."""
        self._consumer.close()

    def poll(self) -> Iterator[Message]:
        """Give the records that have come; raises Trouble."""
        for message in self._consumer.consume(500, POLL_SECONDS):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the library's own name
                self.unfinished.discard(message.partition())
            elif error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:  # no group is made use of
                fault = f"cannot read topic {self._topic}: {error.str()}"
                raise Trouble(fault)


@contextmanager
def _answering(topic: str) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        message = f"cannot read topic {topic}: {error.args[0].str()}"
        raise Trouble(message) from None
