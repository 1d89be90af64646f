from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts.threshold import NEVER, Threshold, read_threshold

BEGIN = datetime(2026, 1, 5, 10, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

counts = st.integers(min_value=1, max_value=999)
moments = st.lists(st.integers(min_value=0, max_value=600), max_size=12).map(
    lambda minutes: [BEGIN + timedelta(minutes=minute) for minute in minutes]
)


def after(*minutes: float) -> list[datetime]:
    return [BEGIN + timedelta(minutes=minute) for minute in minutes]


@given(counts, st.none() | counts)
def test_a_threshold_is_read_as_it_is_written(findings: int, hours: int | None) -> None:
    text = f"{findings} in {hours}h" if hours else str(findings)
    window = timedelta(hours=hours) if hours else None
    assert read_threshold(text) == Threshold(findings, window)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "0", "-1", "+1", "01", "1.5", "1000", "1\n", " 1", "1 ", "\u0661", "ten"),
        *("0 in 24h", "10 in 0h", "10 in 024h", "10 in 10000h", "10 in 24", "10 in h", "10 in"),
        *("10  in 24h", "10in24h", "10 in 24 h", "10 in 24H", "10 in 24m", "10 IN 24h", "10/24h"),
        *("10 in 24h ", "10 in 24h\n", "10 in 24hours", "in 24h", "10 in \u0662h"),
        *("Never", "NEVER", " never", "never\n", "never in 24h"),
    ],
)
def test_a_threshold_that_is_written_otherwise_is_refused_with_what_it_should_be(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^should be never, a number of findings, or as in 10 in 24h$"
    ):
        read_threshold(text)


@given(st.text(max_size=12) | st.text("0123456789 inhever", max_size=12))
def test_any_text_is_refused_or_reads_back_as_it_was(text: str) -> None:
    try:
        threshold = read_threshold(text)
    except ValueError:
        return
    if threshold is None:
        assert text == NEVER
    elif threshold.window is None:
        assert text == str(threshold.findings)
    else:
        assert text == f"{threshold.findings} in {threshold.window // timedelta(hours=1)}h"


def test_without_a_window_a_number_of_findings_is_enough_however_long_it_takes() -> None:
    threshold = Threshold(2)
    assert not threshold.reached(after())
    assert not threshold.reached(after(0))
    assert threshold.reached(after(0, 500_000))


def test_findings_as_far_apart_as_the_window_are_enough_and_an_instant_further_are_not() -> None:
    threshold = Threshold(3, timedelta(hours=1))
    first, second, third = after(0, 30, 60)
    assert threshold.reached([first, second, third])
    assert not threshold.reached([first, second, third + INSTANT])
    assert not threshold.reached([first, third])


def test_findings_astray_in_time_do_not_hide_those_that_are_near() -> None:
    threshold = Threshold(2, timedelta(hours=1))
    assert threshold.reached(after(0, 200, 210))
    assert threshold.reached(after(0, 10_000_000, 10))
    assert not threshold.reached(after(0, 61, 122))


@given(moments, st.integers(min_value=1, max_value=4), st.none() | st.integers(1, 5))
def test_a_threshold_is_reached_where_so_many_findings_lie_in_one_window(
    recent: list[datetime], findings: int, hours: int | None
) -> None:
    window = timedelta(hours=hours) if hours else timedelta(days=1)
    near = max(
        (sum(first <= each <= first + window for each in recent) for first in recent), default=0
    )
    threshold = Threshold(findings, timedelta(hours=hours) if hours else None)
    assert threshold.reached(recent) == (near >= findings)
