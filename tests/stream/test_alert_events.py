import logging
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.notifier import alert_events
from streams.notifier.alert_events import AlertEventConsumer
from streams.settings import Settings

DOWN = KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))  # noqa: SLF001  # the library's own
PLACES = [TopicPartition("ipg12.alert-events", number, 3) for number in (0, 1)]


class Brokers:
    """What either of its two consumers is answered."""

    def __init__(self, *_: object) -> None:
        self.down: set[int] = set()
        self.assigned = PLACES

    def assignment(self) -> list[TopicPartition]:
        return self.assigned

    def committed(self, *_: object) -> list[TopicPartition]:
        return PLACES

    def list_topics(self, *_: object) -> SimpleNamespace:
        if self.down:
            raise DOWN
        return SimpleNamespace()

    def get_watermark_offsets(self, place: TopicPartition, _: float) -> tuple[int, int]:
        if place.partition in self.down:
            raise DOWN
        return 0, 5


def test_that_brokers_do_not_answer_is_known_until_they_do_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    brokers = Brokers()
    create: Any = lambda *_: brokers  # noqa: E731  # in place of a class
    monkeypatch.setattr(alert_events, "Consumer", create)
    caplog.set_level(logging.WARNING)
    consumer = AlertEventConsumer(Settings(), lambda: None, lambda _: None)
    seen = []
    for assigned, down in ((PLACES, {1}), (PLACES, {1}), ([], {1}), ([], set()), (PLACES, set())):
        brokers.assigned, brokers.down = assigned, down
        seen.append((consumer.lags(), consumer.unavailable))
    why = "waiting for the brokers: _ALL_BROKERS_DOWN"
    assert seen == [({0: 2}, why), ({0: 2}, why), ({}, why), ({}, None), ({0: 2, 1: 2}, None)]
    assert caplog.messages == [
        "webhook.brokers-unavailable fault=_ALL_BROKERS_DOWN",
        "webhook.brokers-available",
    ]
