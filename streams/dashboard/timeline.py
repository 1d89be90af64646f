"""Counts over time, from the rows of the ledger."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.ledger import LedgerRow
from schemas.verdict import PUBLISHED, Outcome

KEPT: Final = timedelta(hours=24)
MINUTE: Final = timedelta(minutes=1)

Key = TypeVar("Key", bound=str)


class Bar(BaseModel):
    """What was counted in a stretch of time."""

    model_config = ConfigDict(frozen=True)

    begin: AwareDatetime = Field(description="When the stretch began.")
    outcomes: dict[Outcome, int] = Field(description="Records by outcome; none where left out.")


class Timeline:
    """Records by outcome and minute, of the last day, and all there ever were."""

    def __init__(self) -> None:
        """Begin without a row."""
        self._last: dict[str, LedgerRow] = {}
        self.last_commit_at: datetime | None = None
        """When records were done last."""
        self.answered_at: datetime | None = None
        """When there were verdicts among what was done last."""
        self._minutes: dict[datetime, Counter[Outcome]] = {}

    @property
    def outcomes(self) -> Counter[Outcome]:
        """Records by outcome since the beginning."""
        return _sum(row.outcomes for row in self._last.values())

    @property
    def rules(self) -> Counter[str]:
        """Findings by rule since the beginning."""
        return _sum(row.rules for row in self._last.values())

    @property
    def upto(self) -> dict[str, int]:
        """Offset of the last record done, by `TOPIC/PARTITION`."""
        return {source: row.upto for source, row in self._last.items()}

    def take(self, source: str, row: LedgerRow, at: datetime, *, first: bool) -> None:
        """Take account of the newest row of a source partition, written at a time.

        Rows count since the beginning, and old ones are compacted away: the first that is seen
        tells what was counted at its time only where it is the partition's `first` of all.
        """
        before = self._last.get(source)
        self.last_commit_at = max(at, self.last_commit_at or at)
        if _verdicts(row) > (_verdicts(before) if before else 0):
            self.answered_at = max(at, self.answered_at or at)
        self._last[source] = row
        if before or first:
            news = Counter(row.outcomes)
            news.subtract(before.outcomes if before else {})
            minute = at.astimezone(UTC).replace(second=0, microsecond=0)
            self._minutes.setdefault(minute, Counter()).update(news)
        if len(self._minutes) > 2 * KEPT // MINUTE:
            oldest = max(self._minutes) - KEPT
            self._minutes = {
                minute: counts for minute, counts in self._minutes.items() if minute > oldest
            }

    def forget(self, source: str) -> None:
        """Forget the row of a source partition: it was deleted."""
        self._last.pop(source, None)

    def bars(self, now: datetime, span: timedelta, number: int) -> list[Bar]:
        """Give what was counted in a span of time up to now, in so many stretches."""
        width = span // number
        end = _ceiling(now, width)
        bars: list[Counter[Outcome]] = [Counter() for _ in range(number)]
        for minute, counts in self._minutes.items():
            index = number - 1 - (end - minute - MINUTE) // width
            if 0 <= index < number:
                bars[index].update(counts)
        return [
            Bar(begin=end - (number - index) * width, outcomes=dict(+counts))
            for index, counts in enumerate(bars)
        ]


def _verdicts(row: LedgerRow) -> int:
    """Count the verdicts that were published."""
    return sum(count for outcome, count in row.outcomes.items() if outcome in PUBLISHED)


def _sum(counts: Iterable[dict[Key, int]]) -> Counter[Key]:
    total: Counter[Key] = Counter()
    for each in counts:
        total.update(each)
    return +total


def _ceiling(moment: datetime, width: timedelta) -> datetime:
    """Give the end of the stretch that a moment is in."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + ((moment - day) // width + 1) * width
