"""The events of alerts, as members of a consumer group read them."""

import logging
from collections.abc import Callable, Iterable
from typing import Final, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka.connection import for_librdkafka
from streams.kafka.topics import Topics, webhook_group
from streams.notifier.group_offsets import GroupOffsets, is_transient
from streams.settings import Settings

LAG_SECONDS: Final = 1.0
SESSION_MS: Final = 6_000
"""The least that brokers allow by default: what a killed notifier leaves is taken over after it."""
HEARTBEAT_MS: Final = 1_000

log = logging.getLogger("ipg12.webhook")


class AlertEventConsumer:
    """A member of the group, which reads the events of its partitions in order."""

    def __init__(
        self, settings: Settings, on_assigned: Callable[[], None], on_revoked: Callable[[int], None]
    ) -> None:
        """Connect; `on_assigned` is called after each rebalance, `on_revoked` per partition."""
        self.topic = Topics(settings.topic_prefix).alert_events
        self.group = webhook_group(settings)
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._polled: dict[int, int] = {}
        """The offset after the last event that was polled, by partition."""
        self._committed: dict[int, int] = {}
        """The offset after the last event that is committed."""
        self._ends: dict[int, int] = {}
        """Where a partition ended last; a transaction leaves its marker behind the last event."""
        self.unavailable: str | None = None
        """Why the brokers did not answer when the lag was last read; None if they did."""
        common = {
            **for_librdkafka(settings),
            "group.id": self.group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "log_level": 0,
        }
        # Behind a fetch that waits for events, another request would wait as long.
        self._watermarks = Consumer(common)
        self._consumer = Consumer(
            {
                **common,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",  # the others skip events, or deliver all again
                "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": HEARTBEAT_MS,
                "partition.assignment.strategy": "cooperative-sticky",
            }
        )
        self._offsets = GroupOffsets(self._consumer, self._watermarks, self.topic, self.group)

    def __enter__(self) -> Self:
        """Join the group, which goes on where it was; a new group begins at the end."""
        self._offsets.begin()
        self._consumer.subscribe([self.topic], on_assign=self._assign, on_revoke=self._revoke)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()
        self._watermarks.close()

    def poll(self, seconds: float) -> Message | None:
        """Return the next event, if there is one, and serve the group. Raises OperatorError."""
        message = self._consumer.poll(seconds)
        if message is None:
            return None
        error, number, offset = message.error(), message.partition() or 0, message.offset() or 0
        if error is None:
            self._polled[number] = offset + 1
            return message
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the library's own name
            self._ends[number] = offset
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
            raise self._offsets.out_of_range(number)
        elif is_transient(error):
            log.warning("webhook.poll-retried fault=%s", error.name())
        else:
            raise self._offsets.operator_error(error)
        return None

    def commit(self, message: Message) -> str | None:
        """Commit an event; return the error's name if the commit is to be tried again.

        Raises OperatorError if trying again does not help.
        """
        number, after = message.partition() or 0, (message.offset() or 0) + 1
        try:
            self._offsets.commit([TopicPartition(self.topic, number, after)])
        except KafkaException as fault:
            if not is_transient(fault.args[0]):
                raise self._offsets.operator_error(fault.args[0]) from None
            return str(fault.args[0].name())
        self._committed[number] = after
        return None

    def pause(self, number: int) -> None:
        """Poll no further events of a partition."""
        self._consumer.pause([TopicPartition(self.topic, number)])

    def resume(self, number: int) -> None:
        """Poll them again."""
        self._consumer.resume([TopicPartition(self.topic, number)])

    def lags(self) -> dict[int, int]:
        """Return how many offsets of each partition are not processed, as far as brokers answer."""
        lags: dict[int, int] = {}
        fault: str | None = None
        try:
            mine = self._consumer.assignment()
            unknown = [each for each in mine if each.partition not in self._committed]
            for place in self._offsets.committed(unknown) if unknown else ():
                self._committed.setdefault(place.partition, place.offset)
            if not mine:  # on standby
                self._watermarks.list_topics(self.topic, LAG_SECONDS)
        except KafkaException as error:
            mine, fault = [], str(error.args[0].name())
        for place in mine:
            try:
                _, end = self._watermarks.get_watermark_offsets(place, LAG_SECONDS)
            except KafkaException as error:  # that of another partition may be known
                fault = str(error.args[0].name())
            else:
                lags[place.partition] = max(0, end - self._reached(place.partition))
        if fault and not self.unavailable:
            log.warning("webhook.brokers-unavailable fault=%s", fault)
        elif self.unavailable and not fault:
            log.warning("webhook.brokers-available")
        self.unavailable = f"waiting for the brokers: {fault}" if fault else None
        return lags

    def _reached(self, number: int) -> int:
        """Return the offset up to which nothing is left to deliver."""
        committed = self._committed[number]
        everything = self._polled.get(number, committed) <= committed
        return max(committed, self._ends.get(number, 0)) if everything else committed

    def _assign(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        consumer.incremental_assign(places)
        consumer.resume(places)  # one that was revoked before may be paused
        self._on_assigned()

    def _revoke(self, _: Consumer, places: Iterable[TopicPartition]) -> None:
        for place in places:
            self._on_revoked(place.partition)
            for known in (self._polled, self._committed, self._ends):
                known.pop(place.partition, None)
