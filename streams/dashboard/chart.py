"""The chart of records over time, as rectangles to draw."""

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
    Outcome.OUT_OF_SCOPE,
)


class Rectangle(NamedTuple):
    """One outcome in one stretch of time, in the chart's own units."""

    outcome: Outcome
    x: float
    y: float
    width: float
    height: float


class Tick(NamedTuple):
    """A time below the chart."""

    x: float
    at: datetime


class Chart(NamedTuple):
    """What is drawn."""

    highest: int
    """Records in the fullest stretch."""
    rectangles: tuple[Rectangle, ...]
    ticks: tuple[Tick, ...]


def chart(bars: Sequence[Bar]) -> Chart:
    """Lay out bars, each outcome on top of the one before."""
    highest = max((sum(bar.outcomes.values()) for bar in bars), default=0)
    step = WIDTH / len(bars)
    rectangles = []
    for number, bar in enumerate(bars):
        below = 0
        for outcome in STACKED:
            records = bar.outcomes.get(outcome, 0)
            if records:
                below += records
                rectangles.append(
                    Rectangle(
                        outcome,
                        round(number * step, 1),
                        round(HEIGHT - HEIGHT * below / highest, 1),
                        round(step - GAP, 1),
                        round(HEIGHT * records / highest, 1),
                    )
                )
    every = len(bars) // 4
    ticks = [
        Tick(round(number * step, 1), bars[number].begin) for number in range(0, len(bars), every)
    ]
    return Chart(highest, tuple(rectangles), tuple(ticks))
