"""The coded hospital episode that an integration engine publishes, and its withdrawal."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, NotRequired

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetPydanticSchema,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import core_schema
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from schemas.codes import CODE_CHARACTERS, normalise
from schemas.frozen import Frozen
from schemas.rejection import Remark

CODES_IN_A_LIST: Final = 200
"""Maximum number of procedures, and of diagnoses, in an episode."""


class Format(StrEnum):
    """What a record that was read is written in."""

    EPISODE = "episode"
    HL7_V2 = "hl7-v2"
    FHIR_R4 = "fhir-r4"
    CDS_XML = "cds-xml"
    DELIMITED = "delimited"

    # As for Outcome: every record is counted by its format.
    __hash__ = str.__hash__


_HES_NO_DATE: Final = frozenset({date(1800, 1, 1), date(1801, 1, 1)})
"""What Hospital Episode Statistics writes where there is no date."""

_LARGEST_CONVERTED: Final = 10**640
"""Whole numbers below are converted to text, however Python is configured."""

ID_CHARACTERS: Final = 64
"""Maximum length of an identifier, in characters."""

_LONGEST_SPELLING: Final = 64
"""Longest code in characters that is kept as submitted; spellings are cached."""

_POSITION_DIGITS: Final = 40
"""More digits than any position has, and few enough to convert at once."""

_DASHED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_LARGEST_COMPACT: Final = 9999_12_31
_TIME = re.compile(
    r"[T ](?:[01][0-9]|2[0-4])(?::?[0-5][0-9](?::?(?:[0-5][0-9]|60)(?:[.,][0-9]+)?)?)?"
    r" ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
"""A time of day in the forms of ISO 8601, with midnight as 24:00, and leap seconds."""


def read_date(submitted: object) -> date | None:
    """Read a day: `2026-01-31`, that with a time after `T` or a space, or `20260131`.

    Anything else is no date, and None.
    """
    if type(submitted) is date:
        return submitted
    if type(submitted) is int and 0 < submitted <= _LARGEST_COMPACT:
        submitted = str(submitted)
    if type(submitted) is not str:
        return None
    compact = _COMPACT.fullmatch(submitted)
    try:
        if compact:
            return date(*map(int, compact.groups()))
        if not _DASHED.match(submitted) or (submitted[10:] and not _TIME.fullmatch(submitted, 10)):
            return None
        return date.fromisoformat(submitted[:10])
    except ValueError:
        return None


def _date_or_none(submitted: object) -> date | None:
    read = read_date(submitted)
    return None if read in _HES_NO_DATE else read


def _position(submitted: object) -> object:
    """Read a position written as text; 0 for what is none."""
    text = submitted if isinstance(submitted, str) else ""
    digits = text.isascii() and text.isdigit() and len(text) <= _POSITION_DIGITS
    return int(text) if digits else 0


def _whole_number_as_text(submitted: object) -> object:
    short = type(submitted) is int and abs(submitted) < _LARGEST_CONVERTED
    return str(submitted) if short else submitted


def _organisation(code: str) -> str:
    """Return the organisation itself where its code is that of its first site, which ends in 00."""
    return code[:3] if len(code) == len("R0A00") and code.endswith("00") else code


def _short_once_normalised(code: str) -> str:
    """Return a code that blanks, dots or quotation marks make long; normalised if very long."""
    text = normalise(code)
    if len(text) > CODE_CHARACTERS:
        message = f"should have at most {CODE_CHARACTERS} characters"
        raise ValueError(message)
    return code if len(code) <= _LONGEST_SPELLING else text


def _as_list(submitted: object) -> object:
    if submitted is None:
        return []
    return [submitted] if isinstance(submitted, str | dict) else submitted


def _nothing(_: object) -> None:
    """Leave out what cannot be read."""


# Of each union, the first members are what publishers should send; pydantic's Rust reads these.
# The others are read too, and left out of the JSON Schema. A plain None would be tried first, at
# a third of the cost of the whole episode.

_Null = Annotated[None, AfterValidator(lambda null: null)]

Code = Annotated[
    str,
    Field(
        max_length=CODE_CHARACTERS,
        description="An OPCS-4 or ICD-10 code, with or without its dot, in upper or lower case.",
        examples=["V44.4", "v444", "M80.58"],
    ),
]
_SpacedCode = SkipJsonSchema[Annotated[str, AfterValidator(_short_once_normalised)]]
IdText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=ID_CHARACTERS, strict=True),
]
EpisodeId = Annotated[
    IdText | SkipJsonSchema[Annotated[IdText, BeforeValidator(_whole_number_as_text)]],
    Field(union_mode="left_to_right", description="The publisher's identifier of the episode."),
]
ProviderText = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, pattern=r"^[A-Za-z0-9]{3,12}$", to_upper=True, strict=True
    ),
]
ProviderCode = Annotated[
    ProviderText,
    AfterValidator(_organisation),
    Field(description="ODS code of the provider, in any case; R0A00 is R0A."),
]
# pydantic's own reading takes text of digits alone for seconds since 1970.
_CleanDay = Annotated[
    date,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.chain_schema(
            [
                core_schema.str_schema(pattern=f"^{_DASHED.pattern}$"),
                core_schema.date_schema(gt=max(_HES_NO_DATE)),
            ]
        )
    ),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Day = Annotated[
    _CleanDay | _Null | SkipJsonSchema[Annotated[date | None, BeforeValidator(_date_or_none)]],
    Field(union_mode="left_to_right"),
]
_CleanPosition = Annotated[int, Strict(), Field(ge=1)]
Position = Annotated[
    _CleanPosition | _Null | SkipJsonSchema[Annotated[int, BeforeValidator(_position)]],
    Field(union_mode="left_to_right"),
]


# Not models: most of an episode is codes, and pydantic reads a dict in half the time.
class _CleanEntry(TypedDict):
    """A code with its date and its place in the order, as most publishers send it."""

    code: Code
    date: NotRequired[_CleanDay]
    position: NotRequired[_CleanPosition]


class CodedEntry(TypedDict):
    """A code with its date and its place in the order."""

    code: Annotated[
        Code | _Null | _SpacedCode,
        Field(union_mode="left_to_right", description="The code; null is an empty slot."),
    ]
    date: NotRequired[Annotated[Day, Field(description="Date as in 2026-01-31.")]]
    position: NotRequired[
        Annotated[Position, Field(description="From 1; in every entry of the list, or in none.")]
    ]


CodeEntry = Annotated[
    SkipJsonSchema[_CleanEntry] | Code | _Null | CodedEntry | _SpacedCode,
    Field(union_mode="left_to_right"),
]
_CodeList = Annotated[list[CodeEntry], Field(max_length=CODES_IN_A_LIST)]
CodeList = Annotated[
    _CodeList | SkipJsonSchema[Annotated[_CodeList, BeforeValidator(_as_list)]],
    Field(union_mode="left_to_right"),
]


class Episode(Frozen):
    """One coded hospital episode. Other fields are ignored, and stay in the record.

    The schema is what publishers should send. More is read: docs/publishing.md says what.
    """

    episode_id: EpisodeId
    provider_code: ProviderCode
    procedures: CodeList = Field(
        default_factory=list,
        description="OPCS-4 codes in the order in which they were coded; null is an empty slot.",
    )
    diagnoses: CodeList = Field(
        default_factory=list,
        description="ICD-10 codes, primary diagnosis first; null is an empty slot.",
    )
    spell_id: Annotated[
        Annotated[str, Field(max_length=ID_CHARACTERS)]
        | _Null
        | SkipJsonSchema[Annotated[None, BeforeValidator(_nothing)]],
        Field(union_mode="left_to_right"),
    ] = Field(default=None, description="The publisher's identifier of the hospital spell.")
    episode_number: Annotated[
        Annotated[int, Strict(), Field(ge=0)]
        | _Null
        | SkipJsonSchema[Annotated[None, BeforeValidator(_nothing)]],
        Field(union_mode="left_to_right"),
    ] = Field(default=None, description="Number of the episode within its spell.")
    start_date: Day = Field(default=None, description="First day of the episode.")
    end_date: Day = Field(default=None, description="Last day of the episode.")
    withdrawn: Annotated[
        bool | SkipJsonSchema[Annotated[bool, BeforeValidator(lambda _: False)]],
        Field(union_mode="left_to_right"),
    ] = Field(default=False, description="true takes the episode back; no codes are needed then.")
    remarks: SkipJsonSchema[Annotated[tuple[Remark, ...], BeforeValidator(lambda _: ())]] = Field(
        default=(), exclude=True, description="What was left out; never the publisher's."
    )
    format: SkipJsonSchema[Annotated[Format, BeforeValidator(lambda _: Format.EPISODE)]] = Field(
        default=Format.EPISODE, exclude=True, description="What the record is written in; likewise."
    )
    places: SkipJsonSchema[Annotated[Mapping[str, str] | None, BeforeValidator(lambda _: None)]] = (
        Field(
            default=None,
            exclude=True,
            description="Where in a record of another format each place of this one was found.",
        )
    )
    unread_procedures: SkipJsonSchema[Annotated[int, BeforeValidator(lambda _: 0)]] = Field(
        default=0, exclude=True, description="Number of procedures that were left out."
    )


class Withdrawal(Frozen):
    """An episode that its publisher has taken back."""

    episode_id: EpisodeId
    provider_code: ProviderCode
    format: Format = Format.EPISODE


def code_of(entry: CodeEntry) -> str | None:
    """Return the code of an entry of a list, dated or not, as submitted."""
    return entry["code"] if isinstance(entry, dict) else entry
