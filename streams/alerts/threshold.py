"""How many findings open an alert."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

NEVER: Final = "never"

_THRESHOLD: Final = re.compile(r"([1-9][0-9]{0,2})(?: in ([1-9][0-9]{0,3})h)?")


class Threshold(NamedTuple):
    """A number of findings of one rule at one provider, within a time window."""

    findings: int
    window: timedelta | None = None
    """None if findings count however far apart they are."""

    @property
    def recent_limit(self) -> int:
        """How many of the latest findings are kept; some may have arrived out of order."""
        return 2 * self.findings

    def reached(self, recent: Iterable[datetime]) -> bool:
        """Return whether enough timestamps, in any order, lie within the window."""
        times = sorted(recent)
        return any(
            self.window is None or last - first <= self.window
            for first, last in zip(times, times[self.findings - 1 :], strict=False)
        )


def read_threshold(text: str) -> Threshold | None:
    """Return the threshold for `1` or `10 in 24h`, None for `never`. Raises ValueError."""
    if text == NEVER:
        return None
    match = _THRESHOLD.fullmatch(text)
    if match is None:
        message = "should be never, a number of findings, or as in 10 in 24h"
        raise ValueError(message)
    findings, hours = match.groups()
    return Threshold(int(findings), timedelta(hours=int(hours)) if hours else None)
