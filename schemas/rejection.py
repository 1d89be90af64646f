"""The rejection: why a record is no episode."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Reason(StrEnum):
    """Why a record could not be read as an episode."""

    NULL_VALUE = "null-value"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    NOT_AN_EPISODE = "not-an-episode"


class Fault(BaseModel):
    """One thing that is wrong with a record, and where; never the value found there."""

    model_config = ConfigDict(frozen=True)

    place: str = Field(description="Path of the field, or line and column where the JSON breaks.")
    message: str = Field(description="What is wrong there, without quoting it.")


class Rejection(BaseModel):
    """A record that is no episode.

    What identifies it is not written out with it: the verdict around it says so already.
    """

    model_config = ConfigDict(frozen=True)

    reason: Reason = Field(description="The kind of fault.")
    errors: tuple[Fault, ...] = Field(description="The faults found, the first 20 of them.")
    episode_id: str | None = Field(
        default=None, exclude=True, description="Of the record, where that much is readable."
    )
    provider_code: str | None = Field(
        default=None, exclude=True, description="Of the record, where that much is readable."
    )
