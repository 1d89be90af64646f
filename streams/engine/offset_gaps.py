"""Gaps: offsets without a record, by compaction or markers, or because records expired unread."""

from collections.abc import Iterator


class OffsetGaps:
    """Keeps the gaps met in a partition until the first offset that the brokers hold is known."""

    def __init__(self) -> None:
        self._gaps: list[range] = []
        self._known = 0
        """Offset up to which every gap is noted: a retry meets the same ones again."""

    def add(self, start: int, stop: int) -> None:
        """Note that reading skipped from `start` to `stop`."""
        start = max(start, self._known)
        if start < stop:
            self._gaps.append(range(start, stop))
            self._known = stop

    def expired(self, begin: int) -> Iterator[range]:
        """Yield the offsets that expired by retention, and forget all gaps.

        `begin` is the first offset that the brokers hold. Reading continues there after an expiry,
        so it lies in the gap; a gap left by compaction or a transaction marker has records before
        it that are still held.
        """
        gaps, self._gaps = self._gaps, []
        for gap in gaps:
            if gap.start < begin <= gap.stop:
                yield range(gap.start, begin)
