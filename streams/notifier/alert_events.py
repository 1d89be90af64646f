"""The steps of alerts, as members of a consumer group read them: each told before the next."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Self

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

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
    """A member of the group: of each partition that it has, one step after the other."""

    def __init__(
        self, settings: Settings, taken: Callable[[], None], gone: Callable[[int], None]
    ) -> None:
        """Connect; `taken` is told that there are more partitions, `gone` which one is no more."""
        self.topic = Topics(settings.topic_prefix).alert_events
        self.group = webhook_group(settings)
        self._taken = taken
        self._gone = gone
        self._given: dict[int, int] = {}
        """The offset after the last step that was given, by partition."""
        self._done: dict[int, int] = {}
        """The offset after the last step that is done."""
        self._ends: dict[int, int] = {}
        """Where a partition ended last; a transaction leaves its marker behind the last step."""
        common = {
            **for_librdkafka(settings),
            "group.id": self.group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "log_level": 0,
        }
        # Behind a fetch that waits for steps, a question would wait as long.
        self._asker = Consumer(common)
        self._consumer = Consumer(
            {
                **common,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",  # the others drop steps, or tell them all again
                "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": HEARTBEAT_MS,
                "partition.assignment.strategy": "cooperative-sticky",
                "error_cb": _note,
            }
        )
        self._progress = GroupOffsets(self._consumer, self._asker, self.topic, self.group)

    def __enter__(self) -> Self:
        """Join the group, which goes on where it was; a new one begins at the end."""
        self._progress.begin()
        self._consumer.subscribe([self.topic], on_assign=self._assigned, on_revoke=self._revoked)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()
        self._asker.close()

    def poll(self, seconds: float) -> Message | None:
        """Wait for the next step, and do what the group asks meanwhile. Raises OperatorError."""
        message = self._consumer.poll(seconds)
        if message is None:
            return None
        error, number, offset = message.error(), message.partition() or 0, message.offset() or 0
        if error is None:
            self._given[number] = offset + 1
            return message
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the library's own name
            self._ends[number] = offset
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
            raise self._progress.unknown(number)
        elif is_transient(error):
            log.warning("webhook.brokers-unavailable fault=%s", error.name())
        else:
            raise self._progress.trouble(error)
        return None

    def commit(self, message: Message) -> str | None:
        """Write down that a step is done; gives a fault's name where that is to be tried again.

        Raises OperatorError where trying again does not help.
        """
        number, after = message.partition() or 0, (message.offset() or 0) + 1
        try:
            self._progress.commit([TopicPartition(self.topic, number, after)])
        except KafkaException as fault:
            if not is_transient(fault.args[0]):
                raise self._progress.trouble(fault.args[0]) from None
            return str(fault.args[0].name())
        self._done[number] = after
        return None

    def pause(self, number: int) -> None:
        """Let no further steps of a partition come."""
        self._consumer.pause([TopicPartition(self.topic, number)])

    def resume(self, number: int) -> None:
        """Let them come again."""
        self._consumer.resume([TopicPartition(self.topic, number)])

    def lags(self) -> dict[int, int]:
        """Give how many offsets of each partition are not done; of some only without an answer."""
        lags = {}
        with suppress(KafkaException):  # the last number stands until the brokers answer again
            mine = self._consumer.assignment()
            unknown = [each for each in mine if each.partition not in self._done]
            for place in self._progress.asked(unknown) if unknown else ():
                self._done.setdefault(place.partition, place.offset)
            for place in mine:
                with suppress(KafkaException):  # that of another partition may be known
                    _, end = self._asker.get_watermark_offsets(place, LAG_SECONDS)
                    lags[place.partition] = max(0, end - self._reached(place.partition))
        return lags

    def _reached(self, number: int) -> int:
        """Give the offset up to which nothing is left to be told."""
        done = self._done[number]
        everything = self._given.get(number, done) <= done
        return max(done, self._ends.get(number, 0)) if everything else done

    def _assigned(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        consumer.incremental_assign(places)
        consumer.resume(places)  # one that comes back may have been let wait when it went
        self._taken()

    def _revoked(self, _: Consumer, places: Iterable[TopicPartition]) -> None:
        for place in places:
            self._gone(place.partition)
            for known in (self._given, self._done, self._ends):
                known.pop(place.partition, None)


def _note(error: KafkaError) -> None:
    """Say that brokers are away, which a consumer that waits for steps does not notice."""
    if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  # the library's own name
        log.warning("webhook.brokers-unavailable fault=%s", error.name())
