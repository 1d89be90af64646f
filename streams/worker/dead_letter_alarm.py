"""An alarm for a high share of dead letters within a minute."""

import logging
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from schemas.verdict import Outcome
from streams.worker.metrics import Metrics

WINDOW_SECONDS: Final = 60.0
FLOOD_SHARE: Final = 0.1
EBB_SHARE: Final = 0.05
FEWEST: Final = 20
"""Minimum number of dead letters within the window that counts as a flood."""

log = logging.getLogger("ipg12.dead-letters")


class DeadLetterAlarm:
    """Watches the share of dead letters among the records of the last minute."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = monotonic) -> None:
        """Watch the counts of `metrics`; `clock` is in seconds."""
        self._metrics = metrics
        self._clock = clock
        self._counts = deque([(clock(), 0, 0)])
        self._rising = False

    def tick(self) -> None:
        """Check the counts, about once a second; log when a flood begins and ends."""
        outcomes, now = self._metrics.outcomes, self._clock()
        self._counts.append((now, outcomes[Outcome.DEAD_LETTER], outcomes.total()))
        while self._counts[1][0] <= now - WINDOW_SECONDS:
            self._counts.popleft()
        (_, dead_before, before), (_, dead_now, total) = self._counts[0], self._counts[-1]
        dead, records = dead_now - dead_before, total - before
        share = dead / records if records else 0.0
        self._metrics.dead_letter_share(share)
        if not self._rising and dead >= FEWEST and share >= FLOOD_SHARE:
            self._rising = True
            log.warning("dead-letters.flood dead_letters=%d records=%d", dead, records)
        elif self._rising and share < EBB_SHARE:
            self._rising = False
            log.info("dead-letters.recovered dead_letters=%d records=%d", dead, records)
