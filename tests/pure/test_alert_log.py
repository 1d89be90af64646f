from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from alert_stories import (
    BEGIN_MS,
    Happening,
    Met,
    acknowledged,
    asked,
    continued,
    finding,
    judged,
    met,
    minute,
    resolved,
    silenced,
    story,
    thresholds,
    unsilenced,
    warned,
)

from schemas.alert import (
    Alert,
    AlertAction,
    AlertCommand,
    AlertEvent,
    AlertEventType,
    AlertState,
    EpisodeRow,
    Silence,
)
from schemas.verdict import Outcome, Severity, Source, Verdict
from streams.alerts.alert_log import Changes

LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
INSTANT: Final = timedelta(microseconds=1)

WAY_TO: Final[dict[AlertState, tuple[Happening, ...]]] = {
    AlertState.OPEN: (met("LV02"),),
    AlertState.ACKNOWLEDGED: (met("LV02"), acknowledged(10)),
    AlertState.RESOLVED: (met("LV02"), resolved(10)),
    AlertState.REOPENED: (met("LV02"), acknowledged(10), resolved(20), met("LV02", at=30)),
}
"""How each state is come to, with one episode that breaks the rule, within the first hour."""
FINDING: Final = met("LV02", at=60, episode="E2")
CORRECTION: Final = met(at=60)


def test_an_error_is_an_open_alert_from_the_first_finding() -> None:
    told = story()
    changes = told.play(met("LV02", at=5))
    alert = Alert(
        rule="LV02",
        severity=Severity.ERROR,
        provider="R0A",
        state=AlertState.OPEN,
        since=minute(5),
        first_seen=minute(5),
        last_seen=minute(5),
        findings=1,
        awaiting=1,
    )
    assert changes.alerts == {"LV02/R0A": alert}
    assert changes.events == [
        AlertEvent(
            step=AlertEventType.OPENED,
            rule="LV02",
            provider="R0A",
            at=minute(5),
            why="new finding",
            alert=alert,
        )
    ]


@pytest.mark.parametrize(
    "before,happening,after,step",
    [
        (AlertState.OPEN, FINDING, AlertState.OPEN, None),
        (AlertState.OPEN, CORRECTION, AlertState.RESOLVED, AlertEventType.RESOLVED),
        (AlertState.OPEN, acknowledged(), AlertState.ACKNOWLEDGED, AlertEventType.ACKNOWLEDGED),
        (AlertState.OPEN, resolved(), AlertState.RESOLVED, AlertEventType.RESOLVED),
        (AlertState.ACKNOWLEDGED, FINDING, AlertState.ACKNOWLEDGED, None),
        (AlertState.ACKNOWLEDGED, CORRECTION, AlertState.RESOLVED, AlertEventType.RESOLVED),
        (AlertState.ACKNOWLEDGED, acknowledged(), AlertState.ACKNOWLEDGED, AlertEventType.REFUSED),
        (AlertState.ACKNOWLEDGED, resolved(), AlertState.RESOLVED, AlertEventType.RESOLVED),
        (AlertState.RESOLVED, FINDING, AlertState.REOPENED, AlertEventType.REOPENED),
        (AlertState.RESOLVED, CORRECTION, AlertState.RESOLVED, None),
        (AlertState.RESOLVED, acknowledged(), AlertState.RESOLVED, AlertEventType.REFUSED),
        (AlertState.RESOLVED, resolved(), AlertState.RESOLVED, AlertEventType.REFUSED),
        (AlertState.REOPENED, FINDING, AlertState.REOPENED, None),
        (AlertState.REOPENED, CORRECTION, AlertState.RESOLVED, AlertEventType.RESOLVED),
        (AlertState.REOPENED, acknowledged(), AlertState.ACKNOWLEDGED, AlertEventType.ACKNOWLEDGED),
        (AlertState.REOPENED, resolved(), AlertState.RESOLVED, AlertEventType.RESOLVED),
        *[(state, silenced(until=90), state, AlertEventType.SILENCED) for state in WAY_TO],
        *[(state, unsilenced(), state, AlertEventType.REFUSED) for state in WAY_TO],
    ],
)
def test_an_alert_goes_from_state_to_state_and_says_by_whom(
    before: AlertState,
    happening: Met | AlertCommand,
    after: AlertState,
    step: AlertEventType | None,
) -> None:
    told = story()
    told.play(*WAY_TO[before])
    since = told.alert().since
    assert told.alert().state is before
    events = told.play(happening).events
    assert told.alert().state is after
    assert told.alert().since == (since if before is after else minute(60))
    assert [event.step for event in events] == ([step] if step else [])
    for event in events:
        assert (event.at, event.alert) == (minute(60), told.alert())
        if isinstance(happening, AlertCommand):
            assert (event.by, event.command) == (happening.by, happening.id)
        else:
            assert (event.by, event.command) == (None, None)


def test_who_takes_an_alert_on_stands_in_it_until_a_new_finding_reopens_it() -> None:
    told = story()
    told.play(met("LV02"), acknowledged(by="Ada"), resolved(70, by="Grace"))
    assert told.alert().acknowledged_by == "Ada"
    told.play(met("LV02", at=80))
    assert told.alert().acknowledged_by is None
    told.play(acknowledged(90, by="Grace"))
    assert told.alert().acknowledged_by == "Grace"


def test_the_note_of_an_alert_is_what_was_said_last_when_it_was_taken_on_or_resolved() -> None:
    told = story()
    told.play(met("LV02"), acknowledged(why=None))
    assert told.alert().note is None
    assert told.events[-1].why == ""
    told.play(resolved(why="recoded"), silenced(until=90))
    assert (told.alert().note, told.events[-1].why) == ("recoded", "because")
    told.play(met("LV02", at=70), acknowledged(why=None))
    assert told.alert().note == "recoded"
    told.play(resolved(), met("LV02", at=80), acknowledged(why="again"))
    assert told.alert().note == "again"


def test_an_alert_is_resolved_when_the_last_episode_no_longer_breaks_its_rule() -> None:
    told = story()
    told.play(met("LV02"), met("LV02", episode="E2"), met("LV02", provider="RXX"))
    told.play(met(at=10))
    assert (told.alert().state, told.alert().awaiting) == (AlertState.OPEN, 1)
    (event,) = told.play(met(at=20, episode="E2")).events
    assert (event.step, event.by) == (AlertEventType.RESOLVED, None)
    assert event.why == "no episode awaits correction any more"
    assert (told.alert().awaiting, told.alert().findings) == (0, 2)
    assert told.alert("LV02/RXX").state is AlertState.OPEN


def test_an_episode_that_comes_back_may_break_another_rule_instead_or_one_rule_still() -> None:
    told = story()
    told.play(met("LV02"))
    events = told.play(met("PX02", "DX01", at=10)).events
    assert [(event.key, event.step) for event in events] == [
        ("PX02/R0A", AlertEventType.OPENED),
        ("DX01/R0A", AlertEventType.OPENED),
        ("LV02/R0A", AlertEventType.RESOLVED),
    ]
    events = told.play(met("DX01", at=20)).events
    assert [(event.key, event.step) for event in events] == [("PX02/R0A", AlertEventType.RESOLVED)]
    assert (told.alert("DX01/R0A").state, told.alert("DX01/R0A").findings) == (AlertState.OPEN, 2)


def test_a_correction_of_what_was_waived_changes_no_alert() -> None:
    told = story()
    told.play(met("LV02"), resolved())
    changes = told.play(met(at=70))
    assert (changes.alerts, changes.events) == ({}, [])
    assert told.episodes["R0A/E1"].waived == ()


@pytest.mark.parametrize("episode", ["E1", "E3"])
def test_a_new_finding_reopens_what_was_resolved_by_hand_and_it_alone_awaits(episode: str) -> None:
    told = story()
    told.play(met("LV02"), met("LV02", episode="E2"), resolved())
    (event,) = told.play(met("LV02", at=70, episode=episode)).events
    assert (event.step, event.by, event.why) == (AlertEventType.REOPENED, None, "new finding")
    assert (told.alert().awaiting, told.alert().findings) == (1, 3)
    assert told.awaited() == [f"R0A/{episode}"]
    assert told.episodes[f"R0A/{episode}"].waived == ()
    (event,) = told.play(met(at=80, episode=episode)).events
    assert (event.step, told.alert().awaiting) == (AlertEventType.RESOLVED, 0)
    assert told.episodes["R0A/E2"].waived == ("LV02",)


def test_a_verdict_on_a_record_as_old_as_the_one_before_replaces_it() -> None:
    told = story()
    told.play(met("LV02", at=10), met("LV02", at=10))
    assert (told.alert().findings, told.alert().awaiting) == (2, 1)
    assert told.play(met(at=10)).alerts["LV02/R0A"].state is AlertState.RESOLVED
    assert told.episodes["R0A/E1"].outcome is Outcome.COMPLIANT


@pytest.mark.parametrize("provider,episode", [(None, "E1"), ("R0A", None), (None, None)])
def test_a_verdict_without_a_provider_or_an_episode_changes_nothing(
    provider: str | None, episode: str | None
) -> None:
    told = story()
    told.play(met("LV02"))
    assert told.play(Met(judged((), episode, provider), BEGIN_MS)) == Changes()
    assert told.play(Met(judged((finding("PX02"),), episode, provider), BEGIN_MS)) == Changes()


@pytest.mark.parametrize("outcome", [Outcome.DEAD_LETTER, Outcome.WITHDRAWN])
def test_what_is_not_checked_changes_nothing_though_it_says_whose_it_is(outcome: Outcome) -> None:
    told = story()
    told.play(met("LV02"))
    assert told.play(Met(judged((), outcome=outcome), BEGIN_MS)) == Changes()


def test_the_row_of_an_episode_is_its_newest_verdict() -> None:
    verdict = Verdict(
        episode_id="E1",
        provider_code="R0A",
        outcome=Outcome.NON_COMPLIANT,
        source=Source(topic="episodes", partition=3, offset=41),
        findings=(finding("LV02"),),
        proposed=("V44.4", "V55.1"),
    )
    told = story()
    changes = told.play(met("PX02"), Met(verdict, BEGIN_MS + 1))
    assert changes.episodes == {
        "R0A/E1": EpisodeRow(
            provider="R0A",
            episode_id="E1",
            timestamp=BEGIN_MS + 1,
            outcome=Outcome.NON_COMPLIANT,
            source=verdict.source,
            findings=verdict.findings,
            proposed=verdict.proposed,
        )
    }


def test_an_episode_that_breaks_no_rule_is_written_down_and_makes_no_alert() -> None:
    changes = story().play(met())
    assert list(changes.episodes) == ["R0A/E1"]
    assert (changes.alerts, changes.events) == ({}, [])


def test_an_alert_knows_its_first_and_latest_finding_in_whatever_order_they_come() -> None:
    told = story()
    for at, episode in ((30, "E1"), (10, "E2"), (20, "E3"), (50, "E4"), (40, "E5")):
        told.play(met("LV02", at=at, episode=episode))
    alert = told.alert()
    assert (alert.first_seen, alert.last_seen, alert.since) == (minute(10), minute(50), minute(30))


def test_a_warning_is_pending_until_there_are_ten_in_a_day() -> None:
    told = story()
    for number in range(9):
        assert told.play(warned(number, episode=f"E{number}")).events == []
        assert told.alert().recent == tuple(map(minute, range(number + 1)))
    assert (told.alert().state, told.alert().since) == (AlertState.PENDING, minute(0))
    told.play(warned(24 * 60, episode="E9"))
    assert (told.alert().state, told.alert().since) == (AlertState.OPEN, minute(24 * 60))
    assert (told.alert().findings, told.alert().awaiting) == (10, 10)
    assert (told.alert().first_seen, told.alert().recent) == (minute(0), ())
    assert told.steps() == [AlertEventType.OPENED]


def test_ten_warnings_in_more_than_a_day_are_pending_still() -> None:
    told = story()
    told.play(*[warned(number, episode=f"E{number}") for number in range(9)])
    told.play(warned(24 * 60 + 0.001, episode="E9"))
    assert (told.alert().state, told.alert().findings) == (AlertState.PENDING, 10)
    assert len(told.alert().recent) == 10
    told.play(warned(24 * 60 + 1, episode="E10"))
    assert (told.alert().state, told.alert().findings) == (AlertState.OPEN, 11)


@pytest.mark.parametrize(
    "times,state", [(9, AlertState.PENDING), (10, AlertState.OPEN), (12, AlertState.OPEN)]
)
def test_ten_warnings_in_one_verdict_are_enough(times: int, state: AlertState) -> None:
    told = story()
    told.play(warned(0, times=times))
    assert (told.alert().state, told.alert().findings) == (state, times)


@pytest.mark.parametrize(
    "times,state",
    [
        ((0, 120, 30), AlertState.PENDING),
        ((200, 170, 185), AlertState.OPEN),
        ((0, 10, 60_000, 20), AlertState.OPEN),
    ],
    ids=["no nearer than they are", "the last between the others", "one far ahead"],
)
def test_records_come_in_any_order(times: tuple[int, ...], state: AlertState) -> None:
    told = story(warning="3 in 1h")
    *first, last = [warned(at, episode=f"E{at}") for at in times]
    assert told.play(*first).events == []
    assert [event.at for event in told.play(last).events] == (
        [minute(times[-1])] if state is AlertState.OPEN else []
    )
    assert told.alert().state is state
    assert told.alert().recent == (() if state is AlertState.OPEN else tuple(map(minute, times)))
    assert told.alert().first_seen == minute(min(times))
    assert told.alert().last_seen == minute(max(times))


def test_a_pending_alert_forgets_what_came_long_before() -> None:
    told = story(warning="2 in 1h")
    told.play(*[warned(at, episode=f"E{at}") for at in (0, 120, 240, 360, 480)])
    assert told.alert().recent == (minute(120), minute(240), minute(360), minute(480))
    assert told.alert().findings == 5
    assert told.play(warned(5, episode="E6")).events == []


def test_an_alert_does_not_come_to_a_state_before_the_one_it_leaves() -> None:
    told = story()
    told.play(met("LV02", at=0), resolved(600), met("LV02", at=5, episode="E2"))
    assert (told.alert().state, told.alert().since) == (AlertState.REOPENED, minute(600))


def test_findings_that_were_corrected_count_for_a_pending_alert_which_stays_pending() -> None:
    told = story(warning="3 in 1h")
    told.play(warned(0), warned(1, episode="E2"))
    assert told.play(met(at=2), met(at=3, episode="E2")).events == []
    assert (told.alert().state, told.alert().awaiting) == (AlertState.PENDING, 0)
    told.play(warned(4, episode="E3"))
    assert (told.alert().state, told.alert().awaiting) == (AlertState.OPEN, 1)


def test_a_severity_of_which_nobody_wants_to_hear_makes_no_alert() -> None:
    told = story(rest="never")
    changes = told.play(met("LV02", severity=Severity.INFORMATION))
    assert (changes.alerts, changes.events) == ({}, [])
    assert changes.episodes["R0A/E1"].findings == (finding("LV02", Severity.INFORMATION),)
    assert told.play(met(at=1)).alerts == {}


def test_episodes_from_before_there_was_an_alert_await_correction_too() -> None:
    told = story(error="never")
    told.play(met("LV02"), met("LV02", episode="E2"))
    told = continued(told, thresholds(error="1"))
    told.play(met("LV02", at=10, episode="E3"))
    assert (told.alert().findings, told.alert().awaiting) == (1, 3)


def test_a_pending_alert_whose_severity_is_now_never_stays_pending_and_counts() -> None:
    told = story(warning="2")
    told.play(warned(0))
    told = continued(told, thresholds(warning="never"))
    assert told.play(warned(1, times=5, episode="E2")).events == []
    alert = told.alert()
    assert (alert.state, alert.findings, alert.awaiting) == (AlertState.PENDING, 6, 2)
    assert (alert.recent, alert.last_seen) == ((minute(0),), minute(1))


def test_an_alert_whose_severity_is_now_never_goes_on_counting_and_does_not_reopen() -> None:
    told = story(warning="1")
    told.play(warned(0))
    told = continued(told, thresholds(warning="never"))
    assert told.play(warned(1, times=5, episode="E2")).events == []
    assert (told.alert().state, told.alert().findings) == (AlertState.OPEN, 6)
    told.play(met(at=2), met(at=2, episode="E2"))
    assert (told.alert().state, told.alert().since) == (AlertState.RESOLVED, minute(2))
    assert told.play(warned(3)).events == []
    alert = told.alert()
    assert (alert.state, alert.since) == (AlertState.RESOLVED, minute(2))
    assert (alert.findings, alert.awaiting, alert.last_seen) == (7, 1, minute(3))
    assert told.play(met(at=4)).events == []
    assert told.alert().awaiting == 0
    told = continued(told, thresholds(warning="1"))
    assert [event.step for event in told.play(warned(5)).events] == [AlertEventType.REOPENED]


def test_a_silence_says_until_when_by_whom_and_why_until_a_later_one_replaces_it() -> None:
    told = story()
    told.play(met("LV02"), silenced(60, until=90))
    assert told.alert().silence == Silence(until=minute(90), by="Ada", why="because")
    assert (told.alert().state, told.alert().since) == (AlertState.OPEN, minute(0))
    told.play(silenced(70, until=120, by="Grace"))
    assert told.alert().silence == Silence(until=minute(120), by="Grace", why="because")
    assert told.play(minute(90)) == Changes()
    assert told.play(minute(120)).alerts["LV02/R0A"].silence is None


def test_a_silence_ends_at_its_end_and_not_before() -> None:
    told = story()
    told.play(met("LV02"), silenced(60, until=90))
    assert not told.book.due(minute(90) - INSTANT)
    assert told.play(minute(90) - INSTANT) == Changes()
    assert told.book.due(minute(90))
    assert told.play() == Changes()
    (event,) = told.play(minute(500)).events
    assert (event.step, event.at, event.by) == (AlertEventType.UNSILENCED, minute(90), None)
    assert (event.why, event.command) == ("the silence has expired", None)
    assert event.alert == told.alert()
    assert told.alert().silence is None
    assert not told.book.due(minute(500))
    assert told.play(minute(500)) == Changes()


def test_silences_whose_end_has_come_end_in_the_order_of_their_keys() -> None:
    told = story()
    rules = ("PX02", "DX01", "ST01", "LV02", "IC01")
    silences = [silenced(until=90, rule=rule) for rule in rules]
    told.play(met(*rules), *silences, silenced(until=91))
    ended = [event.rule for event in told.play(minute(90)).events]
    assert ended == ["DX01", "IC01", "PX02", "ST01"]
    assert told.book.due(minute(91))


def test_a_silence_outlasts_resolution_and_reopening() -> None:
    told = story()
    told.play(met("LV02"), silenced(10, until=90), met(at=20), met("LV02", at=30), resolved(40))
    assert told.steps()[2:] == [
        AlertEventType.RESOLVED,
        AlertEventType.REOPENED,
        AlertEventType.RESOLVED,
    ]
    assert told.alert().silence is not None
    told.play(minute(90))
    assert (told.alert().state, told.alert().silence) == (AlertState.RESOLVED, None)


@pytest.mark.parametrize(
    "way,command,why",
    [
        *[
            ((met("PX02"), met("LV02", provider="RXX")), command, "there is no such alert")
            for command in (acknowledged(), resolved(), silenced(until=90), unsilenced())
        ],
        *[
            ((warned(0),), command, "the alert is pending: there are not enough findings yet")
            for command in (acknowledged(), resolved(), silenced(until=90), unsilenced())
        ],
        (
            WAY_TO[AlertState.ACKNOWLEDGED],
            acknowledged(),
            "the alert is acknowledged already, by Ada",
        ),
        (WAY_TO[AlertState.RESOLVED], acknowledged(), "the alert is resolved"),
        (WAY_TO[AlertState.RESOLVED], resolved(), "the alert is resolved already"),
        (WAY_TO[AlertState.OPEN], unsilenced(), "the alert is not silenced"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_the_alert_as_it_was(
    way: tuple[Happening, ...], command: AlertCommand, why: str
) -> None:
    told = story()
    told.play(*way)
    refusal = AlertEvent(
        step=AlertEventType.REFUSED,
        rule="LV02",
        provider="R0A",
        at=minute(60),
        by="Ada",
        why=why,
        command=command.id,
        alert=told.alerts.get("LV02/R0A"),
    )
    assert told.play(command) == Changes(events=[refusal])


@pytest.mark.parametrize(
    "timestamp,at",
    [
        (-(2**63), datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1970, 1, 1, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
        (253_402_300_799_000, LAST),
        (253_402_300_799_001, LAST),
        (2**63 - 1, LAST),
    ],
)
def test_any_timestamp_is_a_time_between_1970_and_9999(timestamp: int, at: datetime) -> None:
    told = story()
    told.play(Met(judged((finding("LV02"),)), timestamp))
    assert (told.alert().since, told.alert().first_seen, told.events[0].at) == (at, at, at)
    assert told.episodes["R0A/E1"].timestamp == timestamp
    assert told.play(Met(judged(()), timestamp)).events[0].at == at


def test_what_changed_is_handed_out_once_and_only_the_newest_of_each_key() -> None:
    told = story()
    changes = told.play(met("LV02"), met(at=-1), acknowledged(), met("LV02", at=70))
    assert changes.alerts["LV02/R0A"].findings == 2
    assert changes.episodes["R0A/E1"].timestamp == BEGIN_MS + 70 * 60_000
    assert [event.step for event in changes.events] == [
        AlertEventType.OPENED,
        AlertEventType.ACKNOWLEDGED,
    ]
    assert changes.superseded == 1
    assert told.play() == Changes()


def test_resolving_by_hand_waives_the_rule_where_it_was_awaited() -> None:
    told = story()
    told.play(met("LV02", "PX02"), met("LV02", episode="E2"))
    told.play(met("PX02", episode="E3"), met("LV02", provider="RXX"))
    before = dict(told.episodes)
    changes = told.play(resolved())
    assert changes.episodes == {
        key: before[key].model_copy(update={"waived": ("LV02",)}) for key in ("R0A/E1", "R0A/E2")
    }
    assert list(changes.alerts) == ["LV02/R0A"]
    assert (told.alert().awaiting, told.alert().findings) == (0, 2)
    assert told.episodes["R0A/E1"].awaited == {"PX02": Severity.ERROR}
    assert (told.alert("PX02/R0A").awaiting, told.alert("LV02/RXX").awaiting) == (2, 1)
    told.play(asked(AlertAction.RESOLVE, rule="PX02"))
    assert told.episodes["R0A/E1"].waived == ("LV02", "PX02")
    assert told.episodes["R0A/E1"].awaited == {}
    assert told.episodes["R0A/E3"].waived == ("PX02",)


def test_alerts_are_counted_by_severity_and_state_and_whether_they_are_silenced() -> None:
    told = story()
    assert told.book.count() == Counter()
    told.play(met("LV02", "PX02"), met("LV02", provider="RXX"), acknowledged())
    told.play(met("DX01", episode="E2", severity=Severity.WARNING))
    told.play(silenced(until=90), silenced(until=91, rule="PX02"))
    assert told.book.count() == {
        (Severity.ERROR, AlertState.OPEN, False): 1,
        (Severity.ERROR, AlertState.OPEN, True): 1,
        (Severity.ERROR, AlertState.ACKNOWLEDGED, True): 1,
        (Severity.WARNING, AlertState.PENDING, False): 1,
    }
    told.play(minute(90))
    assert told.book.count()[Severity.ERROR, AlertState.ACKNOWLEDGED, False] == 1
