"""Reading back what the worker wrote."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition

from schemas.ledger import LedgerRow
from streams.kafka.connection import for_librdkafka
from streams.settings import Settings
from streams.topics import Topics
from streams.trouble import Trouble

POLL_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 10.0


def wait_for_ledger(
    settings: Settings, records: int, deadline_seconds: float, check_alive: Callable[[], None]
) -> list[LedgerRow]:
    """Wait until the ledger accounts for this many records; gives its last rows.

    `check_alive` is asked meanwhile, and raises where it is of no use to wait. Raises Trouble.
    """
    rows: dict[bytes | str | None, LedgerRow] = {}
    deadline = monotonic() + deadline_seconds
    with _Reader(settings, Topics(settings.topic_prefix).ledger) as reader:
        while sum(sum(row.outcomes.values()) for row in rows.values()) < records:
            check_alive()
            if monotonic() > deadline:
                fault = f"the worker has not done {records} records in {deadline_seconds:.0f} s"
                raise Trouble(fault)
            for message in reader.poll():
                rows[message.key()] = LedgerRow.model_validate_json(message.value() or b"")
    return list(rows.values())


def read_topic(settings: Settings, topic: str) -> list[Message]:
    """Read what stands in a topic, from its beginning to its end."""
    messages: list[Message] = []
    with _Reader(settings, topic) as reader:
        while reader.unfinished:
            messages += reader.poll()
    return messages


class _Reader:
    """Reads a topic from its beginning, committed records only."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._consumer = Consumer(
            {
                **for_librdkafka(settings),
                "group.id": "ipg12-demo",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        metadata = self._consumer.list_topics(topic, ANSWER_SECONDS)
        self.unfinished = set(metadata.topics[topic].partitions)
        """Partitions whose end has not been reached."""

    def __enter__(self) -> Self:
        self._consumer.assign(
            [TopicPartition(self._topic, number, OFFSET_BEGINNING) for number in self.unfinished]
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def poll(self) -> Iterator[Message]:
        """Give the records that have come; raises Trouble."""
        for message in self._consumer.consume(500, POLL_SECONDS):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the library's own name
                self.unfinished.discard(message.partition())
            else:
                fault = f"cannot read topic {self._topic}: {error.str()}"
                raise Trouble(fault)
