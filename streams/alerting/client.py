"""The client of the alerts process: reads alerts and sends commands."""

from collections.abc import Iterator
from time import monotonic
from typing import Final, TypeVar

from confluent_kafka import KafkaError, Message, Producer
from pydantic import BaseModel

from schemas.alert import Alert, AlertCommand, AlertEvent, EpisodeRow
from streams.errors import OperatorError, written_by_ipg12
from streams.kafka.admin import verify_use
from streams.kafka.connection import for_librdkafka
from streams.kafka.rights import Command
from streams.kafka.topic_reader import TopicReader, read_topic
from streams.kafka.topics import Topics
from streams.settings import Settings

ANSWER_SECONDS: Final = 20.0

T = TypeVar("T", bound=BaseModel)


class AlertClient:
    """Reads alerts, their history and the worklist; sends commands and waits for the outcome."""

    def __init__(self, settings: Settings, command: Command = Command.VIEWER) -> None:
        """Verify that the topics exist and may be used. Raises OperatorError."""
        verify_use(settings, command)
        self._settings = settings
        self._topics = Topics(settings.topic_prefix)

    def alerts(self) -> list[Alert]:
        """Return all alerts, sorted by rule and provider. Raises OperatorError."""
        alerts = self._rows(self._topics.alerts, Alert)
        return sorted(alerts, key=lambda alert: (alert.rule, alert.provider))

    def worklist(self, provider: str) -> list[EpisodeRow]:
        """Return a provider's worklist, oldest episode first. Raises OperatorError."""
        rows = self._rows(self._topics.worklist, EpisodeRow)
        worklist = [row for row in rows if row.provider == provider]
        return sorted(worklist, key=lambda row: (row.timestamp, row.episode_id))

    def history(self, key: str) -> list[AlertEvent]:
        """Return the events of an alert, `RULE/PROVIDER`. Raises OperatorError."""
        topic = self._topics.alert_events
        return [
            _read(topic, message, AlertEvent)
            for message in read_topic(self._settings, topic)
            if message.key() == key.encode() and message.value() is not None
        ]

    def ask(self, command: AlertCommand) -> AlertEvent:
        """Send a command, and return the resulting event. Raises OperatorError."""
        topic = self._topics.alert_events
        with TopicReader(self._settings, topic, from_now=True) as events:
            self._send(command)
            deadline = monotonic() + ANSWER_SECONDS
            while monotonic() < deadline:
                for message in events.poll():
                    if message.value() is None:
                        continue
                    event = _read(topic, message, AlertEvent)
                    if event.command == command.id:
                        return event
        fault = (
            f"no answer within {ANSWER_SECONDS:.0f} s: is `ipg12 alerts run` running? "
            f"The command is in {self._topics.alert_commands} and will be processed: "
            f"check with `ipg12 alerts show`, and do not send it again"
        )
        raise OperatorError(fault)

    def _send(self, command: AlertCommand) -> None:
        faults: list[KafkaError] = []
        producer = Producer(
            {
                **for_librdkafka(self._settings),
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # the same as for verdicts, by provider
                "delivery.timeout.ms": int(ANSWER_SECONDS * 1000),
                "log_level": 0,
            }
        )
        producer.produce(
            self._topics.alert_commands,
            command.model_dump_json().encode(),
            command.provider.encode(),
            on_delivery=lambda error, _: faults.append(error) if error else None,
        )
        producer.flush()
        if faults:
            message = f"topic {self._topics.alert_commands} refused it: {faults[0].str()}"
            raise OperatorError(message)

    def _rows(self, topic: str, model: type[T]) -> Iterator[T]:
        """Yield the latest row of every key."""
        rows = {message.key(): message for message in read_topic(self._settings, topic)}
        yield from (_read(topic, row, model) for row in rows.values() if row.value() is not None)


def _read(topic: str, message: Message, model: type[T]) -> T:
    with written_by_ipg12(f"{topic}/{message.partition()}/{message.offset()}"):
        return model.model_validate_json(message.value() or b"")
