import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, count, groupby, zip_longest
from threading import Event

import pytest
from alert_events import step_of
from broker.deployment import Deploy, Deployment
from broker.receiver import TAKEN, Receiver, Reply
from broker.records import Content, Publisher
from broker.worker import Notifier

from schemas.alert import AlertEventType

SECONDS = 30
PARTITIONS = 2
TOKEN = "t0ken"  # noqa: S105  # of a receiver that lives for this test
STORY: tuple[AlertEventType, ...] = (
    AlertEventType.OPENED,
    AlertEventType.ACKNOWLEDGED,
    AlertEventType.REFUSED,
    AlertEventType.SILENCED,
    AlertEventType.UNSILENCED,
)
STORY += (AlertEventType.RESOLVED, AlertEventType.REOPENED)
TOLD = [step.value for step in STORY if step is not AlertEventType.REFUSED]


class Story:
    """Writes steps of alerts as `ipg12 alerts run` does: in transactions."""

    def __init__(self, deployment: Deployment) -> None:
        self.topic = deployment.topic("alert-events")
        self._numbers = count()
        self._publisher = Publisher(
            deployment.cluster.client, self.topic, transactional_id=f"{self.topic}-story"
        )
        self._publisher.producer.init_transactions()

    def tell(self, *steps: AlertEventType, partition: int = 0) -> list[str]:
        """Write a transaction; gives where its steps stand."""
        return self.write([step_of(step).model_dump_json().encode() for step in steps], partition)

    def write(self, values: Iterable[bytes], partition: int = 0) -> list[str]:
        """Write a transaction; gives where its records stand."""
        places = []
        self._publisher.producer.begin_transaction()
        for value in values:
            number = next(self._numbers)
            self._publisher.publish([Content(partition, b"LV02/R0A", value, (), 1_000 + number)])
            places.append(f"{self.topic}/{partition}/{self._publisher.last[partition]}")
        self._publisher.producer.commit_transaction()
        return places


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    return deploy(PARTITIONS)


@pytest.fixture
def story(deployment: Deployment) -> Story:
    return Story(deployment)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@contextmanager
def telling(deployment: Deployment, receiver: Receiver, **settings: str) -> Iterator[Notifier]:
    """Run a notifier that has its partitions."""
    with deployment.notifier(webhook_url=receiver.url, **settings) as notifier:
        wait_sharing(notifier)
        yield notifier


def wait_sharing(*notifiers: Notifier) -> None:
    """Wait until these share all partitions."""

    def shared() -> bool:
        shares = [notifier.partitions() for notifier in notifiers]
        return all(shares) and sorted(chain(*shares)) == list(range(PARTITIONS))

    notifiers[-1].wait_until(shared, "the partitions were shared", SECONDS)


def wait_told(notifier: Notifier, receiver: Receiver, places: list[str]) -> None:
    """Wait until the receiver has taken steps."""
    notifier.wait_until(
        lambda: {each.key for each in receiver.taken} >= set(places), "all was told", SECONDS
    )


def values(notifier: Notifier, metric: str) -> list[float]:
    """Give the values of a metric, whatever its labels."""
    _, metrics = notifier.get("/metrics")
    return [float(each) for each in re.findall(rf"^{metric}{{.*}} (.*)$", metrics, re.MULTILINE)]


def wait_done(notifier: Notifier, steps: int) -> None:
    """Wait until so many steps are done."""
    notifier.wait_until(
        lambda: sum(values(notifier, "ipg12_webhook_steps_total")) == steps,
        f"{steps} steps were done",
        SECONDS,
    )


def keys(receiver: Receiver) -> list[str]:
    return [each.key for each in receiver.taken]


def last_line(notifier: Notifier) -> str:
    """Give the line with which it ended, the only one that is not of the log."""
    (line,) = [line for line in notifier.log.read_text().splitlines() if not line.startswith("20")]
    return line


def test_each_step_from_the_first_start_on_is_heard_once_until_it_is_stopped_while_one_waits(
    deployment: Deployment, story: Story, receiver: Receiver
) -> None:
    story.tell(AlertEventType.OPENED)
    with receiver, telling(deployment, receiver, webhook_token=TOKEN) as notifier:
        assert deployment.group_offsets("webhook") == deployment.ends("alert-events")
        places = story.tell(*STORY[:4]) + story.tell(*STORY[4:])
        wait_done(notifier, len(STORY))
        notifier.wait_until(
            lambda: values(notifier, "ipg12_webhook_lag_steps") == [0, 0], "none lags", SECONDS
        )
        _, metrics = notifier.get("/metrics")
        receiver.open.clear()
        places += story.tell(AlertEventType.ACKNOWLEDGED)
        notifier.wait_until(lambda: len(receiver.heard) > len(TOLD), "one was waiting", SECONDS)
        assert notifier.stop() == 0
    steps = [each.body["alerts"][0]["annotations"]["step"] for each in receiver.heard]
    assert steps == [*TOLD, "acknowledged"]
    told = [
        place for place, step in zip_longest(places, STORY) if step is not AlertEventType.REFUSED
    ]
    assert keys(receiver) == told
    assert deployment.group_offsets("webhook")[0] == int(places[-1].rpartition("/")[2]) - 1
    assert {each.headers["Authorization"] for each in receiver.heard} == {f"Bearer {TOKEN}"}
    assert 'ipg12_webhook_steps_total{step="refused",told="false"} 1.0' in metrics
    assert 'ipg12_webhook_steps_total{step="opened",told="true"} 1.0' in metrics
    log = notifier.log.read_text()
    assert log.count("webhook.delivered") == len(TOLD)
    for kept in (TOKEN, "secret", receiver.url, "Traceback"):
        assert kept not in log


def test_what_happens_while_the_receiver_is_away_or_busy_is_told_once_it_is_back(
    deployment: Deployment, story: Story, receiver: Receiver
) -> None:
    def busy(number: int) -> Reply:
        return ((503, {"Retry-After": "1"}), (429, {}), *[TAKEN] * 9)[number]

    receiver.reply = busy
    with telling(deployment, receiver) as notifier:
        places = story.tell(
            AlertEventType.OPENED, AlertEventType.ACKNOWLEDGED, AlertEventType.RESOLVED
        )
        others = story.tell(AlertEventType.OPENED, AlertEventType.RESOLVED, partition=1)
        notifier.wait_until(
            lambda: "fault=ConnectError" in notifier.log.read_text(), "it was tried", SECONDS
        )
        with receiver:
            wait_done(notifier, len(places + others))
            assert notifier.stop() == 0
    assert [key for key in keys(receiver) if key in places] == places
    assert [key for key in keys(receiver) if key in others] == others
    assert len(keys(receiver)) == len(places + others)
    log = notifier.log.read_text()
    waits = re.findall(r"WARNING webhook.retried \S+ fault=503 wait_seconds=([\d.]+)", log)
    assert [float(wait) >= 1 for wait in waits] == [True]


def test_whenever_it_is_killed_it_drops_nothing_and_repeats_at_most_what_was_not_written_down(
    deploy: Deploy,
) -> None:
    refusing, between, answered = Receiver(), Receiver(), Receiver()
    refusing.reply = lambda _: (503, {})
    answered.open.clear()
    scenes = [(deploy(PARTITIONS), each) for each in (refusing, between, answered)]
    stories = [Story(deployment) for deployment, _ in scenes]
    places: list[list[str]] = []
    with refusing, between, answered, ExitStack() as running:
        first, second = (
            [deployment.notifier(webhook_url=receiver.url) for deployment, receiver in scenes]
            for _ in range(2)
        )
        for notifier in first:
            running.enter_context(notifier)
        for notifier, story in zip(first, stories, strict=True):
            wait_sharing(notifier)
            places.append(story.tell(AlertEventType.OPENED, AlertEventType.ACKNOWLEDGED))
        first[0].wait_until(lambda: refusing.heard, "it was told in vain", SECONDS)
        wait_done(first[1], 2)
        first[2].wait_until(lambda: answered.heard, "it was told", SECONDS)
        answered.open.set()
        for notifier in reversed(first):
            notifier.kill()
        refusing.reply = lambda _: TAKEN
        for number, notifier in enumerate(second):
            running.enter_context(notifier)
            places[number] += stories[number].tell(AlertEventType.RESOLVED, AlertEventType.REOPENED)
        for notifier, (_, receiver), told in zip(second, scenes, places, strict=True):
            wait_told(notifier, receiver, told)
    assert [key for key, _ in groupby(keys(refusing))] == places[0]
    assert keys(between) == places[1]
    heard = keys(answered)
    assert [key for key, _ in groupby(heard)] == places[2]
    assert len(heard) <= len(places[2]) + 1
    again = {(each.key, str(each.body)) for each in answered.heard}
    assert len(again) == len(places[2])


def test_what_will_not_be_taken_or_is_no_step_stops_it_in_one_line_and_comes_first_next_time(
    deployment: Deployment, story: Story, receiver: Receiver
) -> None:
    receiver.reply = lambda number: (400, {}) if number == 1 else TAKEN
    with receiver:
        with telling(deployment, receiver) as notifier:
            places = story.tell(
                AlertEventType.OPENED, AlertEventType.ACKNOWLEDGED, AlertEventType.RESOLVED
            )
            assert notifier.wait(SECONDS) == 2
        assert f"{places[1]}: the receiver at IPG12_WEBHOOK_URL answers 400;" in last_line(notifier)
        assert "secret" not in notifier.log.read_text()
        assert keys(receiver) == places[:1]
        with telling(deployment, receiver) as second:
            wait_done(second, 2)
            (foreign,) = story.write([b'{"step": "secret"}'])
            assert second.wait(SECONDS) == 2
        assert f"ipg12: {foreign} was not written by ipg12; " in last_line(second)
        assert "secret" not in second.log.read_text()
    assert keys(receiver) == places


def test_several_share_the_partitions_and_take_over_from_each_other_without_telling_twice(
    deployment: Deployment, story: Story, receiver: Receiver
) -> None:
    well = Event()
    receiver.reply = lambda _: TAKEN if well.is_set() else (503, {})
    with receiver, telling(deployment, receiver) as first:
        with deployment.notifier(webhook_url=receiver.url) as second:
            places = [
                story.tell(AlertEventType.OPENED, AlertEventType.RESOLVED, partition=each)
                for each in (0, 1)
            ]
            both = {told[0] for told in places}
            first.wait_until(
                lambda: both <= {each.key for each in receiver.heard}, "both waited", SECONDS
            )
            wait_sharing(first, second)
            well.set()
            for each in (0, 1):
                places[each] += story.tell(
                    AlertEventType.REOPENED, AlertEventType.RESOLVED, partition=each
                )
            wait_told(second, receiver, places[0] + places[1])
            assert second.stop() == 0
        wait_sharing(first)
        for each in (0, 1):
            places[each] += story.tell(AlertEventType.REOPENED, partition=each)
        wait_told(first, receiver, places[0] + places[1])
    for each in (0, 1):
        told = [key for key in keys(receiver) if key.split("/")[1] == str(each)]
        assert told == places[each]
