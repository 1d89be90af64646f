"""Alert events delivered in the order of their partition, each until the receiver accepts it."""

import logging
import random
from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, assert_never

from confluent_kafka import Message

from schemas.alert import AlertEvent
from streams.errors import OperatorError, written_by_ipg12
from streams.notifier.alert_events import AlertEventConsumer
from streams.notifier.delivery import Delivery
from streams.notifier.metrics import WebhookMetrics
from streams.notifier.response import DeliveryOutcome, wait_seconds
from streams.settings import Settings

POLL_SECONDS: Final = 0.2
LAG_EVERY_SECONDS: Final = 2.0
COMMIT_RETRY_SECONDS: Final = 0.2
"""Wait before a failed commit is tried again: until then the event may be delivered again."""

log = logging.getLogger("ipg12.webhook")


@dataclass(slots=True)
class PartitionQueue:
    """The events of one partition that are not committed yet, in order."""

    events: deque[Message] = field(default_factory=deque)
    processed: AlertEvent | None = None
    """The first event, if it is processed but not committed."""
    delivered: bool = False
    """Whether that one was delivered."""
    attempts: int = 0
    """Failed attempts to deliver the first event."""
    blocked: str | None = None
    """Why the first event waits; while it does, the partition is paused."""
    due: float = field(default_factory=monotonic)
    """When the first event is tried next, on the monotonic clock."""


class Notifier:
    """Delivers each event before the next of its partition; partitions do not wait for another."""

    def __init__(self, settings: Settings, delivery: Delivery, metrics: WebhookMetrics) -> None:
        self._delivery = delivery
        self._metrics = metrics
        self._consumer = AlertEventConsumer(settings, self._on_assigned, self._on_revoked)
        self._queues: dict[int, PartitionQueue] = {}
        self._accepted: dict[int, str] = {}
        """The last event that the receiver accepted, by partition.

        A partition may be revoked and assigned again before that is committed.
        """
        self._joined = False
        self._lag_read = 0.0
        """When the lag was read last, on the monotonic clock; 0 to read it at once."""
        self.stopping = False
        """Whether to stop before the next attempt."""

    def run(self) -> None:
        """Deliver events until `stopping` is set. Raises OperatorError."""
        with self._consumer:
            while not self.stopping:
                message = self._consumer.poll(0 if self._next_due() else POLL_SECONDS)
                # A null value is a deletion, not an event.
                if message is not None and message.value() is not None:
                    number = message.partition() or 0
                    self._queues.setdefault(number, PartitionQueue()).events.append(message)
                if not self.stopping and (queue := self._next_due()):
                    self._process_first(queue)
                if monotonic() - self._lag_read > LAG_EVERY_SECONDS:
                    for partition, offsets in self._consumer.lags().items():
                        self._metrics.lag(partition, offsets)
                    self._lag_read = monotonic()

    def not_ready(self) -> str | None:
        """Return why events are not delivered at present; None if they are. For any thread."""
        if self.stopping:
            return "stopping"
        if not self._joined:
            return "not a member of the group yet"
        blocked = (queue.blocked for queue in [*self._queues.values()] if queue.blocked)
        return next(blocked, self._consumer.unavailable)

    def _next_due(self) -> PartitionQueue | None:
        """Return the queue whose first event is to be tried now; None if all have to wait."""
        queues = [queue for queue in self._queues.values() if queue.events]
        queue = min(queues, key=lambda each: each.due, default=None)
        return queue if queue and queue.due <= monotonic() else None

    def _process_first(self, queue: PartitionQueue) -> None:
        """Deliver the first event of a queue, and commit it."""
        message = queue.events[0]
        place = f"{message.topic()}/{message.partition()}/{message.offset()}"
        if queue.processed is None:
            with written_by_ipg12(place):
                event = AlertEvent.model_validate_json(message.value() or b"")
            if not self._deliver(queue, place, event):
                return
        if fault := self._consumer.commit(message):
            self._wait(queue, "webhook.commit-retried", place, fault, COMMIT_RETRY_SECONDS)
            return
        self._committed(queue)

    def _deliver(self, queue: PartitionQueue, place: str, event: AlertEvent) -> bool:
        """Deliver an event, if anybody is notified of it; return whether it is processed.

        Raises OperatorError.
        """
        message = self._delivery.message(event)
        number = queue.events[0].partition() or 0
        if message is not None and self._accepted.get(number) != place:
            result = self._delivery.post(message, place)
            match result.outcome:
                case DeliveryOutcome.REJECTED:
                    fault = (
                        f"{place}: the receiver at IPG12_WEBHOOK_URL answers {result.reason}; fix "
                        f"the receiver or the IPG12_WEBHOOK_… variables, and start again: nothing "
                        f"is lost, and this event is delivered first"
                    )
                    raise OperatorError(fault)
                case DeliveryOutcome.RETRY:
                    self._metrics.failed()
                    queue.attempts += 1
                    jitter = random.random()  # noqa: S311  # no secret
                    seconds = wait_seconds(queue.attempts, result.retry_after, jitter)
                    self._wait(queue, "webhook.retried", place, result.reason, seconds)
                    return False
                case DeliveryOutcome.ACCEPTED:
                    self._accepted[number] = place
                case _:
                    assert_never(result.outcome)
        queue.processed, queue.delivered = event, message is not None
        return True

    def _committed(self, queue: PartitionQueue) -> None:
        """Go on with the next event of a queue."""
        message, event = queue.events.popleft(), queue.processed
        number = message.partition() or 0
        if event is not None:
            self._metrics.processed(event.step, delivered=queue.delivered)
            log.info(
                "%s step=%s key=%s partition=%s offset=%s",
                "webhook.delivered" if queue.delivered else "webhook.skipped",
                event.step,
                event.key,
                number,
                message.offset(),
            )
        if queue.blocked:
            self._consumer.resume(number)
        # Created now, it is due after queues that have been waiting since before.
        self._queues[number] = PartitionQueue(queue.events)

    def _wait(
        self, queue: PartitionQueue, event: str, place: str, fault: str, seconds: float
    ) -> None:
        """Let the first event of a queue wait, and pause its partition."""
        self._consumer.pause(queue.events[0].partition() or 0)
        queue.blocked = f"waiting for {place} to be delivered and committed: {fault}"
        queue.due = monotonic() + seconds
        log.warning("%s %s fault=%s wait_seconds=%.1f", event, place, fault, seconds)

    def _on_assigned(self) -> None:
        self._joined, self._lag_read = True, 0.0

    def _on_revoked(self, number: int) -> None:
        """Leave a partition, with all events that wait, to whoever is assigned it next.

        A commit that is missing is tried once more: else they would deliver that event again.
        """
        queue = self._queues.pop(number, None)
        if queue and queue.processed is not None:
            self._consumer.commit(queue.events[0])
        self._metrics.forget(number)
