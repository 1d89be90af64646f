"""From how many findings on a broken rule is an alert."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

NEVER: Final = "never"

_THRESHOLD: Final = re.compile(r"([1-9][0-9]{0,2})(?: in ([1-9][0-9]{0,3})h)?")


class Threshold(NamedTuple):
    """So many findings in so long a time, of one rule at one provider."""

    findings: int
    window: timedelta | None = None
    """None where it does not matter how long it takes."""

    @property
    def looked_at(self) -> int:
        """How many of the latest findings are looked at; some may have come late, or astray."""
        return 2 * self.findings

    def reached(self, recent: Iterable[datetime]) -> bool:
        """Tell of the latest findings' timestamps, in any order, whether enough are near enough."""
        times = sorted(recent)
        return any(
            self.window is None or last - first <= self.window
            for first, last in zip(times, times[self.findings - 1 :], strict=False)
        )


def read_threshold(text: str) -> Threshold | None:
    """Read `never`, `1` or `10 in 24h`; None for never. Raises ValueError."""
    if text == NEVER:
        return None
    match = _THRESHOLD.fullmatch(text)
    if match is None:
        message = "should be: never, a number of findings, or as in: 10 in 24h"
        raise ValueError(message)
    findings, hours = match.groups()
    return Threshold(int(findings), timedelta(hours=int(hours)) if hours else None)
