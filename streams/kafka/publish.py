"""Publishing episodes to the input topic."""

from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Rejection
from streams.errors import OperatorError
from streams.kafka.admin import verify_use
from streams.kafka.connection import for_librdkafka
from streams.kafka.rights import Command
from streams.kafka.topics import Topics
from streams.settings import Settings

QUEUED_RECORDS: Final = 50_000
QUEUED_KIBIBYTES: Final = 262_144
DELIVERY_SECONDS: Final = 60.0


class Publisher:
    """Publishes values unchanged."""

    def __init__(self, settings: Settings, on_delivered: Callable[[], None]) -> None:
        """Verify topic and rights; call `on_delivered` for each record. Raises OperatorError."""
        verify_use(settings, Command.PUBLISH)
        self._topic = Topics(settings.topic_prefix).episodes
        self._on_delivered = on_delivered
        self._faults: list[KafkaError] = []
        self._producer = Producer(
            {
                **for_librdkafka(settings),
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # as Java's clients, which may send corrections
                "message.max.bytes": 1_000_000_000,
                "queue.buffering.max.messages": QUEUED_RECORDS,
                "queue.buffering.max.kbytes": QUEUED_KIBIBYTES,
                "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
                "linger.ms": 20,
                "log_level": 0,
            }
        )

    def publish(self, value: bytes, key: bytes | None) -> None:
        """Queue a record for delivery, waiting while the queue is full. Raises OperatorError."""
        self._queue(value, key)
        self._producer.poll(0)
        self._raise_fault()

    def finish(self) -> None:
        """Wait until every record has been delivered. Raises OperatorError."""
        self._producer.flush()
        self._raise_fault()

    def _queue(self, value: bytes, key: bytes | None) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(1)
            except KafkaException as error:
                self._faults.append(error.args[0])
                return
            else:
                return

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self._on_delivered()
        else:
            self._faults.append(error)

    def _raise_fault(self) -> None:
        if self._faults:
            message = f"topic {self._topic} did not accept every record: {self._faults[0].str()}"
            raise OperatorError(message)


def record_key(read: Episode | Withdrawal | Rejection) -> bytes | None:
    """Return the key `PROVIDER/EPISODE_ID`; None if the record lacks one of them."""
    if not (read.provider_code and read.episode_id):
        return None
    return f"{read.provider_code}/{read.episode_id}".encode()
