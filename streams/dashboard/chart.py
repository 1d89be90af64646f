"""The chart of records over time, as rectangles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from schemas.verdict import Outcome
from streams.dashboard.timeline import Bar

WIDTH: Final = 960
HEIGHT: Final = 200
GAP: Final = 2
STACKED: Final = (
    Outcome.COMPLIANT,
    Outcome.NON_COMPLIANT,
    Outcome.DEAD_LETTER,
    Outcome.WITHDRAWN,
    Outcome.OUT_OF_SCOPE,
)


class Rectangle(NamedTuple):
    """One outcome in one interval, in the units of the chart."""

    outcome: Outcome
    x: float
    y: float
    width: float
    height: float


class Tick(NamedTuple):
    """A time label below the chart."""

    x: float
    at: datetime


class Chart(NamedTuple):
    """The elements of the chart."""

    highest: int
    """Most records in one interval."""
    rectangles: tuple[Rectangle, ...]
    ticks: tuple[Tick, ...]


def chart(bars: Sequence[Bar]) -> Chart:
    """Return the chart of bars, with their outcomes stacked."""
    highest = max((sum(bar.outcomes.values()) for bar in bars), default=0)
    bar_width = WIDTH / len(bars)
    rectangles = []
    for index, bar in enumerate(bars):
        below = 0
        for outcome in STACKED:
            records = bar.outcomes.get(outcome, 0)
            if records:
                below += records
                rectangles.append(
                    Rectangle(
                        outcome,
                        round(index * bar_width, 1),
                        round(HEIGHT - HEIGHT * below / highest, 1),
                        round(bar_width - GAP, 1),
                        round(HEIGHT * records / highest, 1),
                    )
                )
    step = len(bars) // 4
    ticks = [
        Tick(round(index * bar_width, 1), bars[index].begin) for index in range(0, len(bars), step)
    ]
    return Chart(highest, tuple(rectangles), tuple(ticks))
