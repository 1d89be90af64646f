"""The first stage: an episode out of scope, known as such by its identity and procedures.

Nine records of ten and more in a national feed are, and nothing else of them matters. Whatever
this stage is not sure of is read whole, so it never decides otherwise than `read_episode`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NotRequired, TypeVar

from pydantic import Field, Strict, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from schemas.codes import read_procedure_code
from schemas.episode import CODES_IN_A_LIST, Code, IdText, ProviderText
from streams.validation.reading.searches import better_read_whole, may_repeat_names

_WHOLE_NUMBERS: Final = 10**18
T = TypeVar("T")
_List = Annotated[list[T], Field(max_length=CODES_IN_A_LIST, fail_fast=True)]


class _Procedure(TypedDict):
    code: Code
    date: NotRequired[Any]


class _Diagnosis(TypedDict):
    """Only counted, whatever it holds."""

    code: NotRequired[Any]
    date: NotRequired[Any]


class _Episode(TypedDict):
    """What decides the scope, and what helps to know that no name is given twice."""

    episode_id: Annotated[
        IdText | Annotated[int, Strict(), Field(ge=-_WHOLE_NUMBERS, le=_WHOLE_NUMBERS)],
        Field(union_mode="left_to_right"),
    ]
    provider_code: ProviderText
    procedures: Annotated[
        _List[_Procedure] | _List[Code | None] | _List[_Procedure | Code | None],
        Field(union_mode="left_to_right"),
    ]
    diagnoses: NotRequired[
        Annotated[
            _List[_Diagnosis] | _List[str | None] | _List[_Diagnosis | str | None],
            Field(union_mode="left_to_right"),
        ]
    ]


_validate_json: Final = TypeAdapter(_Episode).validator.validate_json


def malformed_if_out_of_scope(value: bytes) -> int | None:
    """Return how many procedures of an episode out of scope are malformed.

    None if the value is anything else, or has to be read whole to know.
    """
    if better_read_whole(value):
        return None
    try:
        episode: _Episode = _validate_json(value)
    except ValidationError:
        return None
    entries, diagnoses = episode["procedures"], episode.get("diagnoses", ())
    if may_repeat_names(value, _names(entries) + _names(diagnoses)):
        return None
    malformed = 0
    for entry in entries:
        code = read_procedure_code(entry["code"] if isinstance(entry, dict) else entry or "")
        if code.vertebroplasty:
            return None
        malformed += code.malformed
    return malformed


def _names(entries: Sequence[Any]) -> int:
    """Return how often `code` and `date` are given in a list: no other name was kept."""
    return sum([len(each) for each in entries if isinstance(each, dict)])
