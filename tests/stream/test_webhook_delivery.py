from collections.abc import Iterator

import pytest
from alert_events import step_of
from broker.receiver import Receiver

from schemas.alert import AlertEventType
from streams.errors import OperatorError
from streams.notifier import delivery
from streams.notifier.delivery import Delivery
from streams.notifier.response import DeliveryOutcome
from streams.settings import Settings

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105  # of nobody
OPENED = step_of(AlertEventType.OPENED)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def telling(receiver: Receiver, **settings: object) -> Delivery:
    return Delivery(Settings.model_validate({"webhook_url": receiver.url, **settings}))


def test_a_token_is_a_bearer_in_alertmanagers_shape_and_the_routing_key_in_pagerdutys(
    receiver: Receiver,
) -> None:
    for shape in ("alertmanager", "pagerduty"):
        teller = telling(receiver, webhook_shape=shape, webhook_token=TOKEN)
        message = teller.message(OPENED)
        assert message
        assert teller.post(message, "key").outcome is DeliveryOutcome.ACCEPTED
    plain, paged = receiver.heard
    assert plain.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(plain.body)
    assert "Authorization" not in paged.headers
    assert paged.body["routing_key"] == TOKEN
    for each in (plain, paged):
        assert (each.path, each.key) == ("/hook", "key")
        assert each.headers["Content-Type"] == "application/json"


def test_without_a_token_none_is_sent_and_what_is_none_of_the_receivers_business_is_not(
    receiver: Receiver,
) -> None:
    teller = telling(receiver)
    message = teller.message(OPENED)
    assert message
    teller.post(message, "key")
    assert "Authorization" not in receiver.heard[0].headers
    assert teller.message(OPENED.model_copy(update={"step": AlertEventType.REFUSED})) is None
    paging = telling(receiver, webhook_shape="pagerduty", webhook_token=TOKEN)
    assert paging.message(OPENED.model_copy(update={"step": AlertEventType.SILENCED})) is None


def test_an_answer_is_its_status_and_the_wait_that_it_asks_for_and_nothing_else(
    receiver: Receiver,
) -> None:
    teller = telling(receiver)
    message = teller.message(OPENED)
    assert message
    receiver.reply = lambda _: (429, {"Retry-After": "30"})
    assert teller.post(message, "key") == (DeliveryOutcome.RETRY, "429", 30)
    receiver.reply = lambda _: (302, {"Location": receiver.url})
    assert teller.post(message, "key") == (DeliveryOutcome.REJECTED, "302", 0)
    assert len(receiver.heard) == 2


def test_a_receiver_that_is_not_there_or_says_nothing_is_asked_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Receiver() as receiver:
        monkeypatch.setattr(delivery, "ATTEMPT_SECONDS", 0.2)
        receiver.open.clear()
        teller = telling(receiver)
        message = teller.message(OPENED)
        assert message
        assert teller.post(message, "key").reason.startswith("ReadTimeout")
        assert not teller.in_progress
    heard = teller.post(message, "key")
    assert heard.outcome is DeliveryOutcome.RETRY
    assert heard.reason.startswith("ConnectError")


def test_a_receiver_that_speaks_no_tls_is_asked_again_later(receiver: Receiver) -> None:
    teller = telling(receiver, webhook_url=receiver.url.replace("http", "https"))
    message = teller.message(OPENED)
    assert message
    heard = teller.post(message, "key")
    assert heard.outcome is DeliveryOutcome.RETRY
    assert "SSLError" in heard.reason
    assert receiver.heard == []


@pytest.mark.parametrize(
    "settings,said",
    [
        ({}, "set IPG12_WEBHOOK_URL"),
        ({"webhook_url": "http://a/", "webhook_shape": "pagerduty"}, "needs IPG12_WEBHOOK_TOKEN"),
        ({"webhook_url": "http://a/\x7f"}, "IPG12_WEBHOOK_URL should be"),
    ],
    ids=["no URL", "no routing key", "a URL that cannot be asked"],
)
def test_what_is_missing_is_said_before_anybody_is_asked(
    settings: dict[str, str], said: str
) -> None:
    with pytest.raises(OperatorError, match=said):
        Delivery(Settings.model_validate(settings))


def test_a_token_that_would_not_be_sent_is_trouble() -> None:
    settings = {"webhook_url": "http://user:word@nowhere.invalid/", "webhook_token": TOKEN}
    with pytest.raises(OperatorError, match="IPG12_WEBHOOK_TOKEN would not be sent") as trouble:
        Delivery(Settings.model_validate(settings))
    assert "word" not in str(trouble.value)


@pytest.mark.parametrize("proxy", ["socks5://nowhere.invalid:1", "ftp://nowhere.invalid:1"])
def test_a_proxy_that_is_not_spoken_to_is_trouble(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(OperatorError, match="HTTP_PROXY is not supported"):
        telling(receiver)


def test_a_name_that_cannot_be_is_trouble() -> None:
    teller = Delivery(Settings.model_validate({"webhook_url": f"http://{'x' * 64}.invalid/"}))
    message = teller.message(OPENED)
    assert message
    with pytest.raises(OperatorError, match="should be an http or https URL"):
        teller.post(message, "key")
