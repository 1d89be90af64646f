"""The operator's side of the alerts: reading them, and asking for something to be done."""

from collections.abc import Iterator
from time import monotonic
from typing import Final, TypeVar

from confluent_kafka import KafkaError, Message, Producer
from pydantic import BaseModel, ValidationError

from schemas.alert import Alert, AlertCommand, AlertEvent, EpisodeRow
from streams.errors import OperatorError
from streams.kafka.admin import verify_use
from streams.kafka.connection import for_librdkafka
from streams.kafka.rights import Command
from streams.kafka.topic_reader import TopicReader, read_topic
from streams.kafka.topics import Topics
from streams.settings import Settings

ANSWER_SECONDS: Final = 20.0

T = TypeVar("T", bound=BaseModel)


class AlertClient:
    """Reads alerts, their history and the worklist; sends commands and waits for what they do."""

    def __init__(self, settings: Settings, command: Command = Command.VIEWER) -> None:
        """See that the topics are there, and may be used. Raises OperatorError."""
        verify_use(settings, command)
        self._settings = settings
        self._topics = Topics(settings.topic_prefix)

    def alerts(self) -> list[Alert]:
        """Read all alerts there are, by rule and provider. Raises OperatorError."""
        alerts = self._rows(self._topics.alerts, Alert)
        return sorted(alerts, key=lambda alert: (alert.rule, alert.provider))

    def worklist(self, provider: str) -> list[EpisodeRow]:
        """Read a provider's worklist, the oldest episode first. Raises OperatorError."""
        rows = self._rows(self._topics.worklist, EpisodeRow)
        theirs = (row for row in rows if row.provider == provider)
        return sorted(theirs, key=lambda row: (row.timestamp, row.episode_id))

    def history(self, key: str) -> list[AlertEvent]:
        """Read what happened to an alert, `RULE/PROVIDER`. Raises OperatorError."""
        topic = self._topics.alert_events
        return [
            _read(topic, message, AlertEvent)
            for message in read_topic(self._settings, topic)
            if message.key() == key.encode() and message.value() is not None
        ]

    def ask(self, command: AlertCommand) -> AlertEvent:
        """Send a command, and wait for what comes of it. Raises OperatorError."""
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
            f"The command stands in {self._topics.alert_commands}, and will be done: "
            f"look with `ipg12 alerts show`, and do not send it again"
        )
        raise OperatorError(fault)

    def _send(self, command: AlertCommand) -> None:
        faults: list[KafkaError] = []
        producer = Producer(
            {
                **for_librdkafka(self._settings),
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # as that of the verdicts, by provider
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
            message = f"topic {self._topics.alert_commands} did not take it: {faults[0].str()}"
            raise OperatorError(message)

    def _rows(self, topic: str, model: type[T]) -> Iterator[T]:
        """Read the newest row of every key."""
        rows = {message.key(): message for message in read_topic(self._settings, topic)}
        for message in rows.values():
            if message.value() is not None:
                yield _read(topic, message, model)


def _read(topic: str, message: Message, model: type[T]) -> T:
    try:
        return model.model_validate_json(message.value() or b"")
    except ValidationError:
        fault = f"{topic}/{message.partition()}/{message.offset()} is none of ours"
        raise OperatorError(fault) from None
