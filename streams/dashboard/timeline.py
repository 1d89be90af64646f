"""Counts of records over time, from the rows of the ledger."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from pydantic import AwareDatetime, Field

from schemas.frozen import Frozen
from schemas.ledger import LedgerRow
from schemas.verdict import PUBLISHED, Outcome

RETENTION: Final = timedelta(hours=24)
MINUTE: Final = timedelta(minutes=1)

Key = TypeVar("Key", bound=str)


class Bar(Frozen):
    """Records counted in one interval."""

    begin: AwareDatetime = Field(description="Start of the interval.")
    outcomes: dict[Outcome, int] = Field(description="Number of records by outcome; 0 if left out.")


class Timeline:
    """Records by outcome: by minute over the last day, and in total."""

    def __init__(self) -> None:
        self._rows: dict[str, LedgerRow] = {}
        self.last_commit_at: datetime | None = None
        """When the worker last committed records."""
        self.last_verdict_at: datetime | None = None
        """When the worker last committed verdicts."""
        self._minutes: dict[datetime, Counter[Outcome]] = {}

    @property
    def outcomes(self) -> Counter[Outcome]:
        """Records by outcome since the beginning."""
        return _sum(row.outcomes for row in self._rows.values())

    @property
    def rules(self) -> Counter[str]:
        """Findings by rule since the beginning."""
        return _sum(row.rules for row in self._rows.values())

    @property
    def upto(self) -> dict[str, int]:
        """Offset of the last processed record, by `TOPIC/PARTITION`."""
        return {source: row.upto for source, row in self._rows.items()}

    def apply(self, source: str, row: LedgerRow, at: datetime, *, first: bool) -> None:
        """Apply the newest row of a source partition, which was written at a time.

        Rows count since the beginning, and old ones are compacted away: the first row read is
        counted in its minute only if it is the `first` that was ever written for its partition.
        """
        before = self._rows.get(source)
        self.last_commit_at = max(at, self.last_commit_at or at)
        if _verdicts(row) > (_verdicts(before) if before else 0):
            self.last_verdict_at = max(at, self.last_verdict_at or at)
        self._rows[source] = row
        if before or first:
            added = Counter(row.outcomes)
            added.subtract(before.outcomes if before else {})
            minute = at.astimezone(UTC).replace(second=0, microsecond=0)
            self._minutes.setdefault(minute, Counter()).update(added)
        if len(self._minutes) > 2 * RETENTION // MINUTE:
            oldest = max(self._minutes) - RETENTION
            self._minutes = {
                minute: counts for minute, counts in self._minutes.items() if minute > oldest
            }

    def remove(self, source: str) -> None:
        """Remove the row of a source partition, which was deleted."""
        self._rows.pop(source, None)

    def bars(self, now: datetime, span: timedelta, number: int) -> list[Bar]:
        """Return the counts of the time span up to now, in `number` intervals of equal length."""
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
    """Return the number of published verdicts."""
    return sum(count for outcome, count in row.outcomes.items() if outcome in PUBLISHED)


def _sum(counts: Iterable[dict[Key, int]]) -> Counter[Key]:
    total: Counter[Key] = Counter()
    for counter in counts:
        total.update(counter)
    return +total


def _ceiling(moment: datetime, width: timedelta) -> datetime:
    """Return the end of the interval that contains a moment."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + ((moment - day) // width + 1) * width
