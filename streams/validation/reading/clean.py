"""The native episode, read in one go: what nearly every record is."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import from_json

from schemas.episode import Episode, Withdrawal
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES, position_faults
from streams.validation.reading.names import hint_at_other_name
from streams.validation.reading.remarks import LEFT_OUT, remarks

_validate_json: Final = Episode.__pydantic_validator__.validate_json
# pydantic's regular expressions search for several words at once, six times as fast as `in`.
_holds_odd_text: Final = TypeAdapter(
    Annotated[str, StringConstraints(pattern=r"NaN|Infinity|\\u")]
).validator.isinstance_python
_ABSENT: Final = object()
_Objects = Sequence[Mapping[str, object]]
"""The entries of the lists that are objects."""


def read_clean(value: bytes) -> Episode | Withdrawal | None:
    """Read a native episode; None if the value is none, or has to be looked at more closely."""
    try:
        episode: Episode = _validate_json(value)
    except ValidationError:
        return None
    if not (episode.procedures and episode.diagnoses) and _may_stand_elsewhere(from_json(value)):
        return None
    objects = [each for each in episode.procedures + episode.diagnoses if isinstance(each, dict)]
    if _may_mislead(value, objects) or not _positions_fit(episode, objects):
        return None
    if episode.withdrawn:
        return Withdrawal(episode_id=episode.episode_id, provider_code=episode.provider_code)
    found = remarks(episode, from_json(value)) if _may_lack_something(episode, objects) else ()
    return episode.model_copy(update={"remarks": found}) if found else episode


def _may_stand_elsewhere(submitted: dict[str, object]) -> bool:
    """Return whether a list that is null or absent may have another name."""
    return any(
        submitted.get(name) is None and hint_at_other_name(name, submitted)
        for name in (PROCEDURES, DIAGNOSES)
    )


def _positions_fit(episode: Episode, objects: _Objects) -> bool:
    return not (
        any("position" in each for each in objects)
        and (
            any(position_faults(PROCEDURES, episode.procedures))
            or any(position_faults(DIAGNOSES, episode.diagnoses))
        )
    )


def _may_lack_something(episode: Episode, objects: _Objects) -> bool:
    """Return whether something may have been left out of an episode: what is None may be null."""
    optional = episode.model_fields_set
    return (
        "withdrawn" in optional
        or any(name in optional and getattr(episode, name) is None for name in LEFT_OUT)
        or any(each.get("date", _ABSENT) is None for each in objects)
    )


def _may_mislead(value: bytes, objects: _Objects) -> bool:
    """Return whether the parser may have accepted what JSON forbids or leaves undefined.

    It accepts NaN and Infinity as numbers and, of a repeated name, takes the last value.
    False positives are possible, false negatives are not.
    """
    count = value.count
    return (
        _holds_odd_text(value)
        or count(b'"procedures"') > 1
        or count(b'"diagnoses"') > 1
        or count(b'"episode_id"') != 1
        or count(b'"provider_code"') != 1
        or count(b'"withdrawn"') > 1
        or count(b'"code"') > len(objects)
        or (
            bool(objects)
            and (
                count(b'"date"') > sum("date" in each for each in objects)
                or count(b'"position"') > sum("position" in each for each in objects)
            )
        )
    )
