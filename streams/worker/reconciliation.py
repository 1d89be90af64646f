"""The books of a source partition: what was read against what its ledger counts."""

from time import monotonic
from typing import Final

from schemas.ledger import LedgerRow

SETTLED_SECONDS: Final = 10.0
"""How long records may be under way before they count as missing."""


class Reconciliation:
    """Counts records from when a partition is opened."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._read = 0
        self._counted = 0
        self._under_way = 0
        self._begun = 0.0

    @property
    def gap(self) -> int:
        """Records read, less those that the ledger counts; 0 in order.

        What is under way is left aside for a while, and stays so when a partition is opened again.
        """
        late = self._under_way and monotonic() - self._begun > SETTLED_SECONDS
        return self._read - self._counted + (self._under_way if late else 0)

    def open(self, row: LedgerRow | None) -> None:
        """Take over what the ledger counts."""
        self._read = self._counted = _count(row)

    def settled(self) -> None:
        """Take note that nothing is under way: the ledger had it already, or has it now."""
        self._under_way = 0

    def begin(self, records: int) -> None:
        """Take note of records that are to be committed, for the first time or again."""
        if not self._under_way:
            self._begun = monotonic()
        self._under_way = records

    def settle(self, row: LedgerRow) -> None:
        """Take note that they were committed, with this row."""
        self._read += self._under_way
        self._counted = _count(row)
        self.settled()


def _count(row: LedgerRow | None) -> int:
    return sum(row.outcomes.values()) if row else 0
