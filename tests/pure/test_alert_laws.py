from collections import Counter
from typing import Final

from alert_stories import (
    BEGIN_MS,
    Happening,
    Met,
    Story,
    asked,
    continued,
    finding,
    judged,
    minute,
    story,
    thresholds,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alert import AlertAction, AlertCommand, AlertEventType, AlertState, EpisodeRow
from schemas.verdict import Outcome, Severity
from streams.alerts.alert_log import AlertLog, Changes, Thresholds

ACTIVE: Final = {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.REOPENED}
STATE_BEFORE: Final[dict[AlertEventType, set[AlertState]]] = {
    AlertEventType.OPENED: {AlertState.PENDING},
    AlertEventType.REOPENED: {AlertState.RESOLVED},
    AlertEventType.ACKNOWLEDGED: {AlertState.OPEN, AlertState.REOPENED},
    AlertEventType.RESOLVED: ACTIVE,
    AlertEventType.SILENCED: {*ACTIVE, AlertState.RESOLVED},
    AlertEventType.UNSILENCED: {*ACTIVE, AlertState.RESOLVED},
}
STATE_AFTER: Final = {
    AlertEventType.OPENED: AlertState.OPEN,
    AlertEventType.REOPENED: AlertState.REOPENED,
    AlertEventType.ACKNOWLEDGED: AlertState.ACKNOWLEDGED,
    AlertEventType.RESOLVED: AlertState.RESOLVED,
}
BY_ITSELF: Final = {
    AlertEventType.OPENED,
    AlertEventType.REOPENED,
    AlertEventType.RESOLVED,
    AlertEventType.UNSILENCED,
}
ON_DEMAND: Final = set(AlertEventType) - {AlertEventType.OPENED, AlertEventType.REOPENED}

UNCHECKED: Final = (Outcome.DEAD_LETTER, Outcome.WITHDRAWN)
RULES: Final = ("LV02", "DX01")
PROVIDERS: Final = ("R0A", "RXX")
MINUTES: Final = st.integers(min_value=0, max_value=180)

severities = st.sampled_from(Severity)
findings = st.lists(st.builds(finding, st.sampled_from(RULES), severities), max_size=3)
timestamps = MINUTES.map(lambda number: BEGIN_MS + number * 60_000)
episode_ids = st.sampled_from(["E1", "E2"])
meetings = st.builds(
    Met, st.builds(judged, findings, episode_ids, st.sampled_from(PROVIDERS)), timestamps
)
strangers = st.builds(
    Met,
    st.builds(judged, findings, st.none() | episode_ids, st.none())
    | st.builds(judged, findings, st.none(), st.sampled_from(PROVIDERS))
    | st.builds(judged, st.just(()), episode_ids, st.just("R0A"), st.sampled_from(UNCHECKED)),
    timestamps,
)
absurdities = st.builds(
    lambda one, timestamp: one._replace(timestamp=timestamp),
    meetings,
    st.sampled_from([-(2**63), -1, 2**63 - 1]),
)


def _asked(action: AlertAction, at: int, rule: str, provider: str, length: int) -> AlertCommand:
    until = at + length if action is AlertAction.SILENCE else None
    return asked(action, at, until=until, rule=rule, provider=provider)


commands = st.builds(
    _asked,
    st.sampled_from(AlertAction),
    MINUTES,
    st.sampled_from(RULES),
    st.sampled_from(PROVIDERS),
    st.integers(min_value=1, max_value=60),
)
histories = st.lists(
    meetings | meetings | commands | commands | MINUTES.map(minute) | strangers | absurdities,
    max_size=30,
)
any_thresholds = st.builds(
    thresholds, *[st.sampled_from(["1", "1", "3", "2 in 1h", "10 in 24h", "never"])] * 3
)
law = settings(max_examples=40)


@law
@given(histories, histories, any_thresholds, any_thresholds)
def test_an_alert_awaits_the_episodes_that_are_awaited_because_of_its_rule_whatever_thresholds_are(
    history: list[Happening], future: list[Happening], by: Thresholds, then: Thresholds
) -> None:
    told = Story(AlertLog(by))
    for happening in history:
        told.play(happening)
        for alert in told.alerts.values():
            assert alert.awaiting == len(told.awaited(alert.key))
    told = continued(told, then)
    for happening in future:
        told.play(happening)
        for alert in told.alerts.values():
            assert alert.awaiting == len(told.awaited(alert.key))


@law
@given(histories, histories, any_thresholds, st.sets(severities))
def test_an_active_alert_awaits_something_and_a_resolved_one_nothing_unless_it_is_now_never(
    history: list[Happening], future: list[Happening], by: Thresholds, muted: set[Severity]
) -> None:
    told = Story(AlertLog(by))
    told.play(*history)
    by = {**by, **dict.fromkeys(muted)}
    told = continued(told, by)
    for happening in future:
        for event in told.play(happening).events:
            if event.step is AlertEventType.RESOLVED:
                assert event.alert is not None
                assert event.alert.awaiting == 0
        for alert in told.alerts.values():
            if alert.state in ACTIVE:
                assert alert.awaiting > 0
            elif alert.state is AlertState.RESOLVED and by[alert.severity]:
                assert alert.awaiting == 0


@law
@given(histories)
def test_every_finding_of_a_verdict_that_was_not_older_than_the_one_before_is_counted(
    history: list[Happening],
) -> None:
    told = story("1", "1", "1")
    told.play(*history)
    newest: dict[tuple[str, str], int] = {}
    counted: Counter[str] = Counter()
    superseded = 0
    for happening in history:
        if not isinstance(happening, Met) or happening.verdict.outcome in UNCHECKED:
            continue
        verdict, timestamp = happening
        if verdict.provider_code is None or verdict.episode_id is None:
            continue
        episode = verdict.provider_code, verdict.episode_id
        if timestamp >= newest.get(episode, timestamp):
            newest[episode] = timestamp
            counted.update(f"{each.rule}/{verdict.provider_code}" for each in verdict.findings)
        else:
            superseded += 1
    assert {key: alert.findings for key, alert in told.alerts.items()} == counted
    assert {
        (row.provider, row.episode_id): row.timestamp for row in told.episodes.values()
    } == newest
    assert told.superseded == superseded


@law
@given(histories, histories, any_thresholds)
def test_a_book_made_from_what_was_written_goes_on_as_the_one_that_wrote_it(
    history: list[Happening], future: list[Happening], by: Thresholds
) -> None:
    told = Story(AlertLog(by))
    told.play(*history)
    taken_over = continued(told, by)
    assert taken_over.play() == Changes()
    assert taken_over.book.count() == told.book.count()
    for happening in future:
        assert taken_over.play(happening) == told.play(happening)
        assert taken_over.book.due(minute(120)) == told.book.due(minute(120))
    assert taken_over.book.count() == told.book.count()


@law
@given(histories, any_thresholds)
def test_it_does_not_matter_how_often_one_asks_what_has_changed(
    history: list[Happening], by: Thresholds
) -> None:
    once, often = Story(AlertLog(by)), Story(AlertLog(by))
    once.play(*history)
    for happening in history:
        often.play(happening)
    assert (once.alerts, once.episodes) == (often.alerts, often.episodes)
    assert (once.events, once.superseded) == (often.events, often.superseded)


@law
@given(histories, any_thresholds)
def test_the_events_of_an_alert_are_steps_that_lead_from_one_state_to_the_next(
    history: list[Happening], by: Thresholds
) -> None:
    told = Story(AlertLog(by))
    told.play(*history)
    states: dict[str, AlertState] = dict.fromkeys(told.alerts, AlertState.PENDING)
    silent: set[str] = set()
    for event in told.events:
        if event.step is AlertEventType.REFUSED:
            assert event.alert is None or event.alert.state is states[event.key]
            continue
        assert event.alert is not None
        assert states[event.key] in STATE_BEFORE[event.step]
        states[event.key] = STATE_AFTER.get(event.step, states[event.key])
        assert event.alert.state is states[event.key]
        if event.step in {AlertEventType.OPENED, AlertEventType.REOPENED}:
            assert by[event.alert.severity] is not None
        assert event.step is not AlertEventType.UNSILENCED or event.key in silent
        silent = {
            AlertEventType.SILENCED: silent | {event.key},
            AlertEventType.UNSILENCED: silent - {event.key},
        }.get(event.step, silent)
        assert bool(event.alert.silence) == (event.key in silent)
    assert {key: alert.state for key, alert in told.alerts.items()} == states
    assert {key for key, alert in told.alerts.items() if alert.silence} == silent
    assert told.book.count() == Counter(
        (alert.severity, states[key], key in silent) for key, alert in told.alerts.items()
    )


@law
@given(histories, any_thresholds)
def test_an_event_carries_the_alert_as_it_is_after_the_step_and_none_only_where_there_is_none(
    history: list[Happening], by: Thresholds
) -> None:
    told = Story(AlertLog(by))
    for happening in history:
        for event in told.play(happening).events:
            assert event.alert == told.alerts.get(event.key)


@law
@given(histories, any_thresholds)
def test_a_command_leaves_one_event_with_its_id_and_what_is_no_command_leaves_none_with_an_id(
    history: list[Happening], by: Thresholds
) -> None:
    told = Story(AlertLog(by))
    for happening in history:
        changes = told.play(happening)
        if isinstance(happening, AlertCommand):
            (event,) = changes.events
            assert (event.command, event.by) == (happening.id, happening.by)
            assert event.step in ON_DEMAND
            assert list(changes.alerts) == (
                [] if event.step is AlertEventType.REFUSED else [event.key]
            )
        else:
            assert {event.step for event in changes.events} <= BY_ITSELF
            assert {(event.command, event.by) for event in changes.events} <= {(None, None)}


@law
@given(histories, any_thresholds)
def test_a_resolution_by_hand_waives_its_rule_where_it_was_awaited_and_nothing_else_waives(
    history: list[Happening], by: Thresholds
) -> None:
    told = Story(AlertLog(by))
    for happening in history:
        before = dict(told.episodes)
        awaited = {key: told.awaited(key) for key in told.alerts}
        changes = told.play(happening)
        if isinstance(happening, Met):
            assert all(row.waived == () for row in changes.episodes.values())
            continue
        waived: dict[str, EpisodeRow] = {}
        for event in changes.events:
            if event.step is AlertEventType.RESOLVED:
                for key in awaited[event.key]:
                    rules = (*before[key].waived, event.rule)
                    waived[key] = before[key].model_copy(update={"waived": rules})
                assert told.awaited(event.key) == []
        assert changes.episodes == waived


@law
@given(histories, any_thresholds)
def test_only_an_alert_that_was_acknowledged_names_who_did_and_only_a_pending_one_keeps_times(
    history: list[Happening], by: Thresholds
) -> None:
    told = Story(AlertLog(by))
    for happening in history:
        told.play(happening)
        for alert in told.alerts.values():
            if alert.state is not AlertState.RESOLVED:
                named = alert.acknowledged_by is not None
                assert named == (alert.state is AlertState.ACKNOWLEDGED)
            threshold = by[alert.severity]
            if alert.state is not AlertState.PENDING:
                assert alert.recent == ()
            elif threshold:
                assert len(alert.recent) <= threshold.recent_limit
                assert not threshold.reached(alert.recent)
            assert alert.first_seen <= alert.last_seen


@law
@given(histories, any_thresholds, MINUTES)
def test_after_silences_have_ended_none_is_due(
    history: list[Happening], by: Thresholds, now: int
) -> None:
    told = Story(AlertLog(by))
    told.play(*history)
    due = told.book.due(minute(now))
    events = told.play(minute(now)).events
    assert due == bool(events)
    assert not told.book.due(minute(now))
    silences = [alert.silence for alert in told.alerts.values() if alert.silence]
    assert all(silence.until > minute(now) for silence in silences)
