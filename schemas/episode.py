"""The coded hospital episode that an integration engine publishes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, NotRequired

from pydantic import Field, Strict, StringConstraints
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from schemas.codes import CODE_CHARACTERS
from schemas.frozen import Frozen

CODES_IN_A_LIST: Final = 200
"""Maximum number of procedures, and of diagnoses, in an episode."""

Code = Annotated[
    str,
    Field(
        max_length=CODE_CHARACTERS,
        description="An OPCS-4 or ICD-10 code, with or without its dot, in upper or lower case.",
        examples=["V44.4", "v444", "M80.58"],
    ),
]
EpisodeId = Annotated[
    str,
    Field(min_length=1, max_length=64, description="The publisher's identifier of the episode."),
]
ProviderCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9]{3,12}$", to_upper=True),
    Field(description="ODS code of the provider, in any case; converted to capitals."),
]
IsoDate = Annotated[date, Strict()]


# Not a model: most of an episode is codes, and pydantic reads a dict in half the time.
class DatedCode(TypedDict):
    """A code with the date on which it applied."""

    code: Code
    date: NotRequired[Annotated[IsoDate | None, Field(description="Date as in 2026-01-31.")]]


CodeEntry = Annotated[DatedCode | Code, Field(union_mode="left_to_right")]


class Episode(Frozen):
    """One coded hospital episode. Other fields are ignored, and stay in the record."""

    episode_id: EpisodeId
    provider_code: ProviderCode
    procedures: Annotated[
        list[CodeEntry],
        Field(
            max_length=CODES_IN_A_LIST,
            description="OPCS-4 codes in the order in which they were coded.",
        ),
    ]
    diagnoses: Annotated[
        list[CodeEntry],
        Field(max_length=CODES_IN_A_LIST, description="ICD-10 codes, primary diagnosis first."),
    ]
    spell_id: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="The publisher's identifier of the hospital spell."
    )
    episode_number: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Number of the episode within its spell."
    )
    start_date: IsoDate | None = Field(default=None, description="First day of the episode.")
    end_date: IsoDate | None = Field(default=None, description="Last day of the episode.")


def submitted_codes(entries: Sequence[str | DatedCode]) -> tuple[str, ...]:
    """Return the codes of a list of entries, dated or not, as submitted."""
    return tuple([entry if isinstance(entry, str) else entry["code"] for entry in entries])
