"""The ledger row: how far a source partition is processed, and the counts of outcomes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.verdict import Outcome

Count = Annotated[int, Field(ge=0)]


class Position(BaseModel):
    """How far a source partition is processed."""

    model_config = ConfigDict(frozen=True)

    upto: int = Field(ge=0, description="Offset of the last record processed.")


class LedgerRow(Position):
    """Counts of one source partition since the beginning, committed with the outputs they count."""

    outcomes: dict[Outcome, Count] = Field(description="Number of records by outcome.")
    rules: dict[str, Count] = Field(description="Number of findings by rule.")
