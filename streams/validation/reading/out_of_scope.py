"""The first stage: an episode out of scope, known as such by its identity and procedures alone.

Nine records of ten and more in a national feed are, and nothing else of them matters. Whatever
this stage is not sure of is read whole, so it never decides otherwise than `read_episode`.
"""

from typing import Annotated, Any, Final, NotRequired

from pydantic import Field, Strict, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from schemas.codes import read_procedure_code
from schemas.episode import CODES_IN_A_LIST, Code, IdText, ProviderText
from streams.validation.reading.searches import better_read_whole, may_repeat_names

_WHOLE_NUMBERS: Final = 10**18


class _Entry(TypedDict):
    code: Code
    date: NotRequired[Any]


class _Episode(TypedDict):
    """What decides the scope, and what helps to know that no name is given twice."""

    episode_id: Annotated[
        IdText | Annotated[int, Strict(), Field(ge=-_WHOLE_NUMBERS, le=_WHOLE_NUMBERS)],
        Field(union_mode="left_to_right"),
    ]
    provider_code: ProviderText
    procedures: Annotated[
        list[Annotated[_Entry | Code, Field(union_mode="left_to_right")]],
        Field(max_length=CODES_IN_A_LIST),
    ]
    diagnoses: NotRequired[list[Any]]


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
    entries = episode["procedures"]
    codes = [
        read_procedure_code(each if isinstance(each, str) else each["code"]) for each in entries
    ]
    if any(code.vertebroplasty for code in codes):
        return None
    objects = [each for each in (*entries, *episode.get("diagnoses", ())) if isinstance(each, dict)]
    coded = sum(["code" in each for each in objects])
    dated = sum(["date" in each for each in objects])
    if may_repeat_names(value, coded, dated):
        return None
    return sum([code.malformed for code in codes])
