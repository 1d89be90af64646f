import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams import dashboard
from streams.dashboard.chart import HEIGHT, chart
from streams.dashboard.timeline import Timeline

NOON = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD, BAD = Outcome.COMPLIANT, Outcome.NON_COMPLIANT


def row(upto: int, **outcomes: int) -> LedgerRow:
    named = {Outcome(name.replace("_", "-")): number for name, number in outcomes.items()}
    return LedgerRow(upto=upto, outcomes=named, rules={"LV02": upto})


def test_records_are_counted_in_the_minute_in_which_their_row_was_written() -> None:
    timeline = Timeline()
    timeline.apply("e/0", row(1, compliant=2), NOON - timedelta(minutes=3), first=True)
    timeline.apply("e/0", row(9, compliant=5, non_compliant=1), NOON, first=False)
    bars = timeline.bars(NOON, HOUR, 60)
    assert len(bars) == 60
    assert bars[-1].begin == NOON.replace(second=0)
    assert (bars[-1].outcomes, bars[-4].outcomes) == ({GOOD: 3, BAD: 1}, {GOOD: 2})
    assert sum(sum(bar.outcomes.values()) for bar in bars) == 6
    assert (timeline.outcomes, timeline.rules) == ({GOOD: 5, BAD: 1}, {"LV02": 9})
    assert timeline.upto == {"e/0": 9}


def test_a_row_whose_predecessors_were_compacted_away_adds_nothing_to_its_minute() -> None:
    timeline = Timeline()
    timeline.apply("e/0", row(999, compliant=1000), NOON, first=False)
    timeline.apply("e/0", row(1000, compliant=1001), NOON, first=False)
    assert timeline.bars(NOON, HOUR, 60)[-1].outcomes == {GOOD: 1}
    assert timeline.outcomes == {GOOD: 1001}


def test_partitions_add_up() -> None:
    timeline = Timeline()
    for number in range(3):
        timeline.apply(f"e/{number}", row(4, compliant=5), NOON, first=True)
    assert timeline.bars(NOON, HOUR, 60)[-1].outcomes == {GOOD: 15}
    assert timeline.outcomes == {GOOD: 15}


@pytest.mark.parametrize("number,width", [(60, 1), (12, 5), (2, 30), (1, 60)])
def test_intervals_have_the_requested_length_and_end_with_the_current_one(
    number: int, width: int
) -> None:
    timeline = Timeline()
    for minutes in range(200):
        at = NOON - timedelta(minutes=199 - minutes)
        timeline.apply("e/0", row(minutes, compliant=minutes + 1), at, first=minutes == 0)
    bars = timeline.bars(NOON, HOUR, number)
    assert bars[-1].begin <= NOON < bars[-1].begin + timedelta(minutes=width)
    assert [bar.outcomes[GOOD] for bar in bars[:-1]] == [width] * (number - 1)


def test_counts_older_than_a_day_are_dropped() -> None:
    timeline = Timeline()
    for minutes in range(4_000):
        at = NOON + timedelta(minutes=minutes)
        timeline.apply("e/0", row(minutes, compliant=minutes + 1), at, first=minutes == 0)
    now = NOON + timedelta(minutes=3_999)
    assert sum(bar.outcomes.get(GOOD, 0) for bar in timeline.bars(now, 80 * HOUR, 80)) <= 2_880
    assert sum(bar.outcomes[GOOD] for bar in timeline.bars(now, 24 * HOUR, 48)) >= 47 * 30


def test_the_highest_bar_is_as_high_as_the_chart_and_outcomes_are_stacked() -> None:
    timeline = Timeline()
    timeline.apply("e/0", row(1, compliant=3, non_compliant=1), NOON, first=True)
    drawing = chart(timeline.bars(NOON, HOUR, 60))
    assert drawing.highest == 4
    good, bad = drawing.rectangles
    assert (good.outcome, good.y, good.height) == (GOOD, HEIGHT / 4, HEIGHT * 3 / 4)
    assert (bad.outcome, bad.y, bad.height) == (BAD, 0, HEIGHT / 4)
    assert good.x == bad.x
    assert chart(Timeline().bars(NOON, HOUR, 60)).rectangles == ()


def test_every_outcome_is_in_the_chart_in_a_colour_of_its_own() -> None:
    timeline = Timeline()
    counts = {outcome.replace("-", "_"): 1 for outcome in Outcome}
    timeline.apply("e/0", row(4, **counts), NOON, first=True)
    drawing = chart(timeline.bars(NOON, HOUR, 60))
    assert {each.outcome for each in drawing.rectangles} == set(Outcome)
    style = (Path(dashboard.__file__).parent / "static" / "dashboard.css").read_text()
    colours = [
        re.findall(rf"^\.fill-{outcome} .* fill: (\S+);", style, re.MULTILINE)
        for outcome in Outcome
    ]
    assert len({colour for (colour,) in colours}) == len(Outcome)
