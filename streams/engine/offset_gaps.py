"""Offsets without a record: a source's own, or cut off before they were read."""

from collections.abc import Iterator


class OffsetGaps:
    """Remembers holes in a partition until it is known where the partition begins."""

    def __init__(self) -> None:
        """Begin without any."""
        self._holes: list[range] = []
        self._known = 0
        """Up to here every hole has been noted: work that is done again meets the same ones."""

    def add(self, start: int, stop: int) -> None:
        """Take note that reading went from `start` on to `stop`."""
        start = max(start, self._known)
        if start < stop:
            self._holes.append(range(start, stop))
            self._known = stop

    def cut_off(self, begin: int) -> Iterator[range]:
        """Give the offsets that retention has cut off, and forget all holes.

        `begin` is the first offset that the brokers hold. Reading goes on there after an expiry,
        so it lies in the hole; a hole left by compaction or a transaction's marker has records
        before it that are still held.
        """
        holes, self._holes = self._holes, []
        for hole in holes:
            if hole.start < begin <= hole.stop:
                yield range(hole.start, begin)
