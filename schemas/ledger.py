"""The ledger row: how far a source partition is processed, and the counts of outcomes."""

from typing import Annotated

from pydantic import Field

from schemas.frozen import Frozen
from schemas.verdict import Outcome

Count = Annotated[int, Field(ge=0)]


class LedgerPosition(Frozen):
    """How far a source partition is processed."""

    upto: int = Field(ge=0, description="Offset of the last record processed.")


class LedgerRow(LedgerPosition):
    """Counts of one source partition since the beginning, committed with the outputs they count."""

    outcomes: dict[Outcome, Count] = Field(description="Number of records by outcome.")
    rules: dict[str, Count] = Field(description="Number of findings by rule.")
