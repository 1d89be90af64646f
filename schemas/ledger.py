"""The ledger row: how far a source partition has been done, and what came of it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.verdict import Outcome

Count = Annotated[int, Field(ge=0)]


class LedgerRow(BaseModel):
    """Counts of one source partition since the beginning, committed with the outputs they count."""

    model_config = ConfigDict(frozen=True)

    upto: int = Field(ge=0, description="Offset of the last record done.")
    outcomes: dict[Outcome, Count] = Field(description="Records by outcome.")
    rules: dict[str, Count] = Field(description="Findings by rule.")
