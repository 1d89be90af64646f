"""The rejection: why a record is not an episode; the remark: what was left out of one that is."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from schemas.frozen import Frozen

MAX_FAULTS: Final = 20
"""Maximum number of faults that are reported for a record."""


class Reason(StrEnum):
    """Why a record could not be read as an episode."""

    NULL_VALUE = "null-value"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    NOT_AN_EPISODE = "not-an-episode"
    UNKNOWN_FORMAT = "unknown-format"


class Fault(Frozen):
    """A fault in a record and where it is, without the value found there."""

    place: str = Field(description="Path of the field, or line and column of the JSON error.")
    message: str = Field(description="What is wrong, without quoting the value.")


class Remark(Frozen):
    """Something in an episode that was left out, though the episode was read."""

    place: str = Field(description="Path of the field in the submitted episode.")
    message: str = Field(description="Why it was left out, without quoting the value.")


class Rejection(Frozen):
    """Why a record is not an episode.

    `episode_id` and `provider_code` are not serialised: the verdict around it has them already.
    """

    reason: Reason = Field(description="The kind of rejection.")
    hint: str | None = Field(
        default=None,
        description="What the record looks like and what its publisher should do, if it is known.",
    )
    errors: tuple[Fault, ...] = Field(description="The first 20 faults found.")
    episode_id: str | None = Field(default=None, exclude=True, description="If readable.")
    provider_code: str | None = Field(default=None, exclude=True, description="If readable.")
