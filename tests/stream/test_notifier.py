from collections.abc import Callable, Iterator
from typing import Self

import pytest
from alert_events import step_of
from broker.receiver import Receiver

from schemas.alert import AlertEventType
from streams.notifier import notifier
from streams.notifier.delivery import Delivery
from streams.notifier.metrics import WebhookMetrics
from streams.notifier.notifier import Notifier
from streams.settings import Settings


class FakeMessage:
    def __init__(self, offset: int, step: AlertEventType) -> None:
        self._offset = offset
        self._step = step

    def topic(self) -> str:
        return "events"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return step_of(self._step).model_dump_json().encode()


Given = FakeMessage | Callable[[], None] | None


class FakeConsumer:
    """Gives messages, does what else happens between them, and refuses commits as told."""

    def __init__(self, given: list[Given], refusals: list[str]) -> None:
        self.give(given)
        self._refusals = iter(refusals)
        self.committed: list[int] = []
        self.paused = False
        self.ended: Callable[[], None] = lambda: None
        self.assigned: Callable[[], None] = lambda: None
        self.gone: Callable[[int], None] = lambda _: None
        self.unavailable: str | None = None

    def give(self, given: list[Given]) -> None:
        self._given = iter(given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def poll(self, _: float) -> FakeMessage | None:
        try:
            given = next(self._given)
        except StopIteration:
            self.ended()
            return None
        if callable(given):
            given()
            return None
        return given

    def commit(self, message: FakeMessage) -> str | None:
        if refusal := next(self._refusals, None):
            return refusal
        self.committed.append(message.offset())
        return None

    def pause(self, _: int) -> None:
        self.paused = True

    def resume(self, _: int) -> None:
        self.paused = False

    def lags(self) -> dict[int, int]:
        return {0: 1}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def create_on(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, consumer: FakeConsumer
) -> Notifier:
    """Create a notifier without any brokers, which waits for nothing."""

    def create(
        _: Settings, assigned: Callable[[], None], gone: Callable[[int], None]
    ) -> FakeConsumer:
        consumer.assigned, consumer.gone = assigned, gone
        return consumer

    monkeypatch.setattr(notifier, "AlertEventConsumer", create)
    monkeypatch.setattr(notifier, "wait_seconds", lambda *_: 0.0)
    monkeypatch.setattr(notifier, "COMMIT_RETRY_SECONDS", 0.0)
    settings = Settings.model_validate({"webhook_url": receiver.url})
    return Notifier(settings, Delivery(settings), WebhookMetrics())


def run(monkeypatch: pytest.MonkeyPatch, receiver: Receiver, consumer: FakeConsumer) -> None:
    """Run such a notifier until all is given."""
    running = create_on(monkeypatch, receiver, consumer)
    consumer.ended = lambda: setattr(running, "stopping", True)
    running.run()


def test_what_is_told_and_cannot_be_written_down_is_not_told_again_by_whoever_has_told_it(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    opened, resolved = (
        FakeMessage(3, AlertEventType.OPENED),
        FakeMessage(4, AlertEventType.RESOLVED),
    )
    consumer = FakeConsumer(
        [opened, None, None, lambda: consumer.gone(0), opened, resolved], ["_STATE"] * 4
    )
    run(monkeypatch, receiver, consumer)
    assert [each.key for each in receiver.heard] == ["events/0/3", "events/0/4"]
    assert consumer.committed == [3, 4]


def test_what_was_told_is_written_down_before_its_partition_is_given_away(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    consumer = FakeConsumer(
        [FakeMessage(3, AlertEventType.OPENED), lambda: consumer.gone(0)], ["_STATE"]
    )
    run(monkeypatch, receiver, consumer)
    assert [each.key for each in receiver.heard] == ["events/0/3"]
    assert consumer.committed == [3]


def test_a_partition_that_is_taken_away_takes_what_waits_of_it_along(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    receiver.reply = lambda _: (503, {})
    consumer = FakeConsumer(
        [FakeMessage(3, AlertEventType.OPENED), lambda: consumer.gone(0), None, None], []
    )
    run(monkeypatch, receiver, consumer)
    assert len(receiver.heard) == 1
    assert consumer.committed == []
    assert consumer.paused


def test_a_partition_goes_on_once_its_step_is_taken(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    receiver.reply = lambda number: (503, {}) if number < 2 else (200, {})
    consumer = FakeConsumer([FakeMessage(3, AlertEventType.OPENED), None, None], [])
    run(monkeypatch, receiver, consumer)
    assert len(receiver.heard) == 3
    assert consumer.committed == [3]
    assert not consumer.paused


def test_it_is_ready_while_it_stands_by_and_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    reasons: list[str | None] = []
    receiver.reply = lambda number: (503, {}) if number < 1 else (200, {})
    consumer = FakeConsumer([], [])
    running = create_on(monkeypatch, receiver, consumer)

    def look() -> None:
        reasons.append(running.not_ready())

    def lose_the_brokers() -> None:
        consumer.unavailable = "waiting for the brokers: _ALL_BROKERS_DOWN"

    given: list[Given] = [look, consumer.assigned, look, FakeMessage(3, AlertEventType.OPENED)]
    consumer.give([*given, look, look, lose_the_brokers, look])
    consumer.ended = lambda: setattr(running, "stopping", True)
    running.run()
    blocked = "waiting for events/0/3 to be delivered and committed: 503"
    away = "waiting for the brokers: _ALL_BROKERS_DOWN"
    assert reasons == ["not a member of the group yet", None, blocked, None, away]
    assert running.not_ready() == "stopping"
