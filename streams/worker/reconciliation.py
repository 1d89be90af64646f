"""Records read from a source partition, compared with those counted in its ledger."""

from time import monotonic
from typing import Final

from schemas.ledger import LedgerRow

SETTLED_SECONDS: Final = 10.0
"""How long records may be in flight before they count as missing."""


class Reconciliation:
    """Compares the counts from when the partition is opened."""

    def __init__(self) -> None:
        self._read = 0
        self._counted = 0
        self._in_flight = 0
        self._in_flight_since = 0.0

    @property
    def gap(self) -> int:
        """Records read, minus those counted in the ledger; 0 if none is missing.

        Records in flight are ignored for a while, even if the partition is reopened meanwhile.
        """
        late = self._in_flight and monotonic() - self._in_flight_since > SETTLED_SECONDS
        return self._read - self._counted + (self._in_flight if late else 0)

    def open(self, row: LedgerRow | None) -> None:
        """Start from the counts of the ledger row."""
        self._read = self._counted = _count(row)

    def settled(self) -> None:
        """Reset the records in flight: the ledger counted them already, or does now."""
        self._in_flight = 0

    def begin(self, records: int) -> None:
        """Set the records in flight, which are to be committed for the first time or again."""
        if not self._in_flight:
            self._in_flight_since = monotonic()
        self._in_flight = records

    def committed(self, row: LedgerRow) -> None:
        """Count the records in flight as committed with this row."""
        self._read += self._in_flight
        self._counted = _count(row)
        self.settled()


def _count(row: LedgerRow | None) -> int:
    return sum(row.outcomes.values()) if row else 0
