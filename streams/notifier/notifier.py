"""Steps of alerts told one after the other, each until the receiver has taken it."""

import logging
import random
from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from schemas.alert import AlertEvent
from streams.errors import OperatorError
from streams.notifier.alert_events import AlertEventConsumer
from streams.notifier.delivery import Delivery
from streams.notifier.metrics import WebhookMetrics
from streams.notifier.response import DeliveryOutcome, wait_seconds
from streams.settings import Settings

POLL_SECONDS: Final = 0.2
LAG_EVERY_SECONDS: Final = 2.0
COMMIT_AGAIN_SECONDS: Final = 0.2
"""How soon it is tried again to write down what was told: until then it may be told once more."""

log = logging.getLogger("ipg12.webhook")


@dataclass(slots=True)
class PartitionQueue:
    """What waits of one partition, in its order."""

    steps: deque[Message] = field(default_factory=deque)
    done: AlertEvent | None = None
    """The first step, where it is done and only that is not written down yet."""
    told: bool = False
    """Whether it was told."""
    attempts: int = 0
    """How often it was told in vain."""
    paused: bool = False
    """Whether no further steps come meanwhile."""
    due: float = field(default_factory=monotonic)
    """When it is tried next, by the monotonic clock."""


class Notifier:
    """Tells each step before the next of its partition; where one waits, other partitions go on."""

    def __init__(self, settings: Settings, delivery: Delivery, metrics: WebhookMetrics) -> None:
        """Connect to the brokers."""
        self._delivery = delivery
        self._metrics = metrics
        self._steps = AlertEventConsumer(settings, self._measure_soon, self._forget)
        self._lanes: dict[int, PartitionQueue] = {}
        self._taken: dict[int, str] = {}
        """Where the last step stands that the receiver has taken, by partition.

        A partition may come back before that is written down, with the same step.
        """
        self._measured = 0.0
        """When the lag was asked for last, by the monotonic clock; 0 to ask at once."""
        self.stopping = False
        """Whether to end before the next attempt."""

    def run(self) -> None:
        """Tell steps until `stopping` is set. Raises OperatorError."""
        with self._steps:
            while not self.stopping:
                message = self._steps.poll(0 if self._due() else POLL_SECONDS)
                # A null value is a deletion, and no step.
                if message is not None and message.value() is not None:
                    self._lanes.setdefault(message.partition() or 0, PartitionQueue()).steps.append(
                        message
                    )
                if not self.stopping and (lane := self._due()):
                    self._try(lane)
                if monotonic() - self._measured > LAG_EVERY_SECONDS:
                    for number, offsets in self._steps.lags().items():
                        self._metrics.lag(number, offsets)
                    self._measured = monotonic()

    def _due(self) -> PartitionQueue | None:
        """Give the lane whose turn it is; None where all have to wait."""
        waiting = [lane for lane in self._lanes.values() if lane.steps]
        lane = min(waiting, key=lambda each: each.due, default=None)
        return lane if lane and lane.due <= monotonic() else None

    def _try(self, lane: PartitionQueue) -> None:
        """Tell the first step of a lane, and write down that it is done."""
        message = lane.steps[0]
        place = f"{message.topic()}/{message.partition()}/{message.offset()}"
        if lane.done is None and not self._tell(lane, place, _read(place, message)):
            return
        if fault := self._steps.commit(message):
            self._wait(lane, "webhook.commit-retried", place, fault, COMMIT_AGAIN_SECONDS)
            return
        self._written(lane)

    def _tell(self, lane: PartitionQueue, place: str, event: AlertEvent) -> bool:
        """Deliver an event if it is to be; return whether it is done. Raises OperatorError."""
        written = self._delivery.message(event)
        number = lane.steps[0].partition() or 0
        if written is not None and self._taken.get(number) != place:
            heard = self._delivery.post(written, place)
            if heard.answer is DeliveryOutcome.REFUSED:
                fault = (
                    f"{place}: the receiver of IPG12_WEBHOOK_URL answers {heard.said}; mend it, or "
                    f"the IPG12_WEBHOOK_… variables, and start again: nothing is lost, and that "
                    f"step comes first"
                )
                raise OperatorError(fault)
            if heard.answer is DeliveryOutcome.LATER:
                self._metrics.failed()
                lane.attempts += 1
                seconds = wait_seconds(lane.attempts, heard.asked, random.random())  # noqa: S311  # no secret
                self._wait(lane, "webhook.retried", place, heard.said, seconds)
                return False
            self._taken[number] = place
        lane.done, lane.told = event, written is not None
        return True

    def _written(self, lane: PartitionQueue) -> None:
        """Go on with the next step of a lane."""
        message, event = lane.steps.popleft(), lane.done
        if event is not None:
            self._metrics.done(event.step, told=lane.told)
            log.info(
                "%s step=%s key=%s partition=%s offset=%s",
                "webhook.delivered" if lane.told else "webhook.skipped",
                event.step,
                event.key,
                message.partition(),
                message.offset(),
            )
        if lane.paused:
            self._steps.resume(message.partition() or 0)
        # A step that was let wait long ago comes before those that follow here.
        self._lanes[message.partition() or 0] = PartitionQueue(lane.steps)

    def _wait(
        self, lane: PartitionQueue, what: str, place: str, fault: str, seconds: float
    ) -> None:
        """Let a lane wait, and no further steps of its partition come."""
        self._steps.pause(lane.steps[0].partition() or 0)
        lane.paused, lane.due = True, monotonic() + seconds
        log.warning("%s %s fault=%s wait_seconds=%.1f", what, place, fault, seconds)

    def _measure_soon(self) -> None:
        self._measured = 0.0

    def _forget(self, number: int) -> None:
        """Leave a partition to whoever has it next, with all that waits of it.

        What is done and not written down yet is tried once more: they would tell it again.
        """
        lane = self._lanes.pop(number, None)
        if lane and lane.done is not None:
            self._steps.commit(lane.steps[0])
        self._metrics.forget(number)


def _read(place: str, message: Message) -> AlertEvent:
    try:
        return AlertEvent.model_validate_json(message.value() or b"")
    except ValidationError:
        fault = (
            f"{place} is none of ours; take the right to write from whoever wrote it, and set the "
            f"group's offset behind it, see docs/operating.md"
        )
        raise OperatorError(fault) from None
