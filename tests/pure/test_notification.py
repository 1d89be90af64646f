import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from alert_events import step_of
from alert_stories import (
    Happening,
    acknowledged,
    met,
    minute,
    resolved,
    silenced,
    story,
    unsilenced,
)
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import AlertEventType, AlertState
from schemas.verdict import Severity
from streams.alerts.alertmanager import NOT_YET, AlertmanagerMessage, for_alertmanager
from streams.alerts.notification import Notification, notification
from streams.alerts.pagerduty import SUMMARY_CHARACTERS, PagerDutyEvent, for_pagerduty
from streams.notifier.response import (
    LONGEST_RETRY_AFTER_SECONDS,
    LONGEST_WAIT_SECONDS,
    DeliveryOutcome,
    outcome_of,
    retry_after_seconds,
    wait_seconds,
)

KEY = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)


def opened(
    rule: str = "LV02", severity: Severity = Severity.ERROR, awaiting: int = 1
) -> Notification:
    """Give what is told of an alert that was opened."""
    event = step_of(AlertEventType.OPENED, rule=rule, severity=severity, awaiting=awaiting)
    found = notification(event)
    assert found
    return found


def told_of(*happenings: Happening) -> list[Notification]:
    """Give what is told while these happen."""
    playing = story()
    events = [event for each in happenings for event in playing.play(each).events]
    return [told for event in events if (told := notification(event))]


def news_of(*happenings: Happening) -> list[str]:
    return [f"{told.event.step} {told.kind}" for told in told_of(*happenings)]


def messages(*happenings: Happening) -> list[AlertmanagerMessage]:
    return [for_alertmanager(told, "ipg12") for told in told_of(*happenings)]


def events(*happenings: Happening) -> list[PagerDutyEvent]:
    written = [for_pagerduty(told, "ipg12", KEY) for told in told_of(*happenings)]
    return [each for each in written if each]


FOUND, AGAIN, MENDED = met("LV02"), met("LV02", at=30), met(at=20)
LATER = met("LV02", at=90)
histories = st.lists(
    st.sampled_from(
        [
            *(met("LV02", at=at, episode=episode) for at in (0, 50) for episode in ("E1", "E2")),
            *(met(at=at, episode=episode) for at in (30, 70) for episode in ("E1", "E2")),
            *(acknowledged(10), resolved(20), unsilenced(30)),
            *(silenced(40, until=60), silenced(80, until=90), minute(60), minute(90)),
        ]
    ),
    max_size=25,
)


@pytest.mark.parametrize(
    "happenings,news",
    [
        ((FOUND,), ["opened firing"]),
        ((FOUND, acknowledged(10)), ["opened firing", "acknowledged acknowledged"]),
        ((FOUND, MENDED, AGAIN), ["opened firing", "resolved resolved", "reopened firing"]),
        ((FOUND, silenced(10, until=60)), ["opened firing", "silenced silenced"]),
        (
            (FOUND, silenced(10, until=60), unsilenced(20)),
            ["opened firing", "silenced silenced", "unsilenced firing"],
        ),
        (
            (FOUND, silenced(10, until=60), acknowledged(20), unsilenced(30)),
            ["opened firing", "silenced silenced", "unsilenced acknowledged"],
        ),
        (
            (FOUND, silenced(10, until=60), minute(60)),
            ["opened firing", "silenced silenced", "unsilenced firing"],
        ),
        (
            (FOUND, silenced(10, until=60), MENDED, unsilenced(25)),
            ["opened firing", "silenced silenced", "resolved resolved"],
        ),
        (
            (FOUND, MENDED, silenced(25, until=60), AGAIN, minute(60)),
            ["opened firing", "resolved resolved", "unsilenced firing"],
        ),
        (
            (FOUND, acknowledged(10), acknowledged(20)),
            ["opened firing", "acknowledged acknowledged"],
        ),
        ((acknowledged(10),), []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_step_is_told_where_somebody_has_to_hear_of_it(
    happenings: tuple[Happening, ...], news: list[str]
) -> None:
    assert news_of(*happenings) == news


@given(histories)
def test_whoever_is_told_knows_of_each_alert_that_is_not_silenced_whether_it_is_active(
    history: list[Happening],
) -> None:
    playing = story()
    firing: dict[str, bool] = {}
    paged: dict[str, bool] = {}
    for happening in history:
        for event in playing.play(happening).events:
            if told := notification(event):
                message = for_alertmanager(told, "ipg12")
                firing[message["alerts"][0]["fingerprint"]] = message["status"] == "firing"
                if written := for_pagerduty(told, "ipg12", KEY):
                    paged[written["dedup_key"]] = written["event_action"] != "resolve"
        for alert in playing.alerts.values():
            if not alert.silence and alert.state is not AlertState.PENDING:
                assert list(firing.values()) == [alert.state.active]
                assert paged == {f"ipg12/{alert.key}": alert.state.active}


@given(histories)
def test_both_shapes_are_json_and_what_names_an_alert_stays_the_same(
    history: list[Happening],
) -> None:
    written = messages(*history)
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    sent = events(*history)
    assert json.loads(json.dumps(sent, allow_nan=False)) == sent
    names = {
        (each["groupKey"], str(each["commonLabels"]), alert["fingerprint"])
        for each in written
        for alert in each["alerts"]
    }
    assert len(names) <= 1
    for message in written:
        (alert,) = message["alerts"]
        assert alert["status"] == message["status"]
        assert alert["labels"] == message["commonLabels"]
        assert (alert["endsAt"] == NOT_YET) == (alert["status"] == "firing")
        texts = [*alert["labels"].values(), *alert["annotations"].values()]
        assert all(isinstance(text, str) and text for text in texts)
        if alert["status"] == "resolved":
            starts, ends = alert["startsAt"], alert["endsAt"]
            assert datetime.fromisoformat(starts) <= datetime.fromisoformat(ends)


def test_alertmanagers_shape_has_every_field_of_version_4() -> None:
    (message, *_) = messages(FOUND)
    labels = {
        "alertname": "Ipg12BrokenRule",
        "rule": "LV02",
        "provider": "R0A",
        "severity": "error",
        "group": "ipg12",
    }
    annotations = {
        "summary": "Levels of spine not in second place (LV02) at R0A: opened, "
        "1 episode awaits correction",
        "step": "opened",
        "state": "open",
        "why": "new finding",
        "awaiting": "1",
        "findings": "1",
        "last_seen": minute(0).isoformat(),
    }
    (alert,) = message["alerts"]
    assert len(alert["fingerprint"]) == 16
    assert message == {
        "version": "4",
        "groupKey": '{}:{group="ipg12", provider="R0A", rule="LV02"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "ipg12",
        "groupLabels": {"group": "ipg12", "provider": "R0A", "rule": "LV02"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": minute(0).isoformat(),
                "endsAt": NOT_YET,
                "generatorURL": "",
                "fingerprint": alert["fingerprint"],
            }
        ],
    }


def test_who_has_taken_an_alert_on_or_silenced_it_and_why_stands_in_the_annotations() -> None:
    *_, taken, hidden, over = messages(
        FOUND,
        acknowledged(10, by="Ann", why="mine"),
        silenced(20, until=60, by="Ben"),
        resolved(30),
    )
    assert taken["status"] == hidden["status"] == "firing"
    said = taken["commonAnnotations"]
    assert (said["step"], said["by"], said["why"]) == ("acknowledged", "Ann", "mine")
    said = hidden["commonAnnotations"]
    assert (said["step"], said["by"], said["acknowledged_by"]) == ("silenced", "Ben", "Ann")
    assert said["silenced_until"] == minute(60).isoformat()
    assert over["alerts"][0]["endsAt"] == minute(30).isoformat()
    assert over["commonAnnotations"]["summary"].endswith(" at R0A: resolved")


def test_pagerduty_is_told_what_it_has_an_action_for_under_one_key() -> None:
    heard = events(
        *(FOUND, acknowledged(10), silenced(20, until=60), unsilenced(30)), resolved(40), LATER
    )
    actions = [each["event_action"] for each in heard]
    assert actions == ["trigger", "acknowledge", "acknowledge", "resolve", "trigger"]
    assert {each["dedup_key"] for each in heard} == {"ipg12/LV02/R0A"}
    assert {each["routing_key"] for each in heard} == {KEY}
    payload = heard[0]["payload"]
    assert payload == {
        "summary": "Levels of spine not in second place (LV02) at R0A: opened, "
        "1 episode awaits correction",
        "source": "R0A",
        "severity": "error",
        "timestamp": minute(0).isoformat(),
        "component": "LV02",
        "group": "ipg12",
        "class": "coding rule",
        "custom_details": {
            "step": "opened",
            "state": "open",
            "why": "new finding",
            "awaiting": "1",
            "findings": "1",
            "last_seen": minute(0).isoformat(),
        },
    }


def test_two_deployments_are_told_apart() -> None:
    (told,) = told_of(FOUND)
    ours, theirs = (for_alertmanager(told, group) for group in ("ours", "theirs"))
    assert ours["groupKey"] != theirs["groupKey"]
    assert ours["alerts"][0]["fingerprint"] != theirs["alerts"][0]["fingerprint"]
    assert ours["commonLabels"] != theirs["commonLabels"]
    events = (for_pagerduty(told, group, KEY) for group in ("o", "t"))
    keys = {event and event["dedup_key"] for event in events}
    assert keys == {"o/LV02/R0A", "t/LV02/R0A"}


@pytest.mark.parametrize(
    "severity,weight",
    [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFORMATION, "info")],
)
def test_pagerduty_has_its_own_words_for_severities(severity: Severity, weight: str) -> None:
    written = for_pagerduty(opened(severity=severity), "ipg12", KEY)
    assert written
    assert written["payload"]["severity"] == weight


def test_a_rule_that_there_is_no_more_is_told_by_its_code_and_several_episodes_in_the_plural() -> (
    None
):
    message = for_alertmanager(opened(rule="XX99", awaiting=2), "ipg12")
    assert message["commonAnnotations"]["summary"] == (
        "XX99 at R0A: opened, 2 episodes await correction"
    )


def test_a_message_links_to_the_page_of_its_alert_where_there_is_a_dashboard() -> None:
    url = "https://ipg12.example/"
    message, plain = (for_alertmanager(opened(), "ipg12", each) for each in (url, ""))
    assert (message["externalURL"], plain["externalURL"]) == (url, "")
    assert message["alerts"][0]["generatorURL"] == f"{url}alerts/LV02/R0A"
    assert plain["alerts"][0]["generatorURL"] == ""
    event, plain_event = (for_pagerduty(opened(), "ipg12", KEY, each) for each in (url, ""))
    assert event
    assert plain_event
    assert event["client_url"] == f"{url}alerts/LV02/R0A"
    assert "client_url" not in plain_event


def test_a_summary_is_no_longer_than_pagerduty_lets_it_be() -> None:
    written = for_pagerduty(opened(rule="X" * 2_000), "ipg12", KEY)
    assert written
    assert len(written["payload"]["summary"]) == SUMMARY_CHARACTERS == 1_024


def test_a_step_that_comes_without_an_alert_is_notopened() -> None:
    event = opened().event
    assert notification(event.model_copy(update={"alert": None})) is None


@pytest.mark.parametrize(
    "status,answer",
    [
        *((each, DeliveryOutcome.ACCEPTED) for each in (200, 202, 204, 299)),
        *((each, DeliveryOutcome.RETRY) for each in (408, 429, 500, 503, 599)),
        *((each, DeliveryOutcome.REJECTED) for each in (300, 302, 400, 401, 404, 410, 600)),
    ],
)
def test_a_status_means_told_later_or_refused(status: int, answer: DeliveryOutcome) -> None:
    assert outcome_of(status) is answer


@pytest.mark.parametrize(
    "header,seconds",
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        ("99999999999999999999", LONGEST_RETRY_AFTER_SECONDS),
        ("soon", 0),
        ("-1", 0),
        ("²", 0),
        (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20),
        ("Sat, 31 Jan 2026 10:00:20 -0000", 20),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=1), usegmt=True), LONGEST_RETRY_AFTER_SECONDS),
        ("Sat, 31 Jan 20260 10:00:20 GMT", 0),
        ("Wed, 21 Oct 99999999999999 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2026 99999999999999:28:00 GMT", 0),
        ("Wed, 21 Oct 2026 07:28:00 +9999999999999999", 0),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone_for_some_time(
    header: str | None, seconds: float
) -> None:
    assert retry_after_seconds(header, NOW) == seconds


numbers = st.integers(-1, 40).map(str) | st.integers().map(str) | st.just("")
dates = st.builds(
    "{}{} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Wed, ", "Wednesday, ", ""]),
    numbers,
    st.sampled_from(["Oct", "oct", "13", ""]),
    numbers | st.just("2026"),
    *[numbers] * 3,
    st.sampled_from(["GMT", "-0000", "+2359", "EST", ""]) | numbers,
)


@given(st.text() | dates)
def test_whatever_a_receiver_asks_for_the_wait_has_bounds(header: str) -> None:
    assert 0 <= retry_after_seconds(header, NOW) <= LONGEST_RETRY_AFTER_SECONDS


@given(
    st.integers(min_value=1),
    st.floats(0, LONGEST_RETRY_AFTER_SECONDS),
    st.floats(0, 1, exclude_max=True),
)
def test_waits_grow_up_to_a_minute_and_are_never_shorter_than_what_was_asked(
    attempts: int, asked: float, chance: float
) -> None:
    seconds = wait_seconds(attempts, asked, chance)
    assert 0 < seconds <= max(asked, LONGEST_WAIT_SECONDS)
    assert seconds >= asked
    assert wait_seconds(attempts + 1, asked, chance) >= seconds
    assert wait_seconds(attempts, 0, 0) == min(
        0.5 * 2 ** min(attempts - 1, 20), LONGEST_WAIT_SECONDS
    )
