"""The native episode, read in one go: what nearly every record is."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.episode import Episode, Withdrawal
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES, position_faults
from streams.validation.reading.names import hint_at_other_name, hint_at_withdrawal
from streams.validation.reading.remarks import LEFT_OUT, is_unclear_withdrawal, remarks
from streams.validation.reading.searches import holds_odd_text, is_unusual, may_repeat_names

_validate_json: Final = Episode.__pydantic_validator__.validate_json


def read_clean(value: bytes) -> Episode | Withdrawal | None:
    """Read a native episode; None if the value is none, or has to be looked at more closely."""
    try:
        episode: Episode = _validate_json(value)
    except ValidationError:
        return None
    objects = [each for each in episode.procedures + episode.diagnoses if isinstance(each, dict)]
    dates = [each["date"] for each in objects if "date" in each]
    unusual = is_unusual(value)
    if (
        may_repeat_names(value, len(objects) + len(dates))
        or value.count(b'"diagnoses"') > 1
        or (unusual and (holds_odd_text(value) or not _rare_names_fit(value, episode, objects)))
        or _may_stand_elsewhere(value, episode)
    ):
        return None
    if episode.withdrawn:
        return Withdrawal(episode_id=episode.episode_id, provider_code=episode.provider_code)
    if unusual or None in dates or _may_lack_something(episode):
        return episode.model_copy(update={"remarks": remarks(episode, from_json(value))})
    return episode


def _may_stand_elsewhere(value: bytes, episode: Episode) -> bool:
    """Return whether a list or a withdrawal that is null or absent may have another name."""
    if episode.procedures and episode.diagnoses:
        return False
    submitted = from_json(value)
    return (
        is_unclear_withdrawal(submitted)
        or hint_at_withdrawal(submitted) is not None
        or any(
            submitted.get(name) is None and hint_at_other_name(name, submitted)
            for name in (PROCEDURES, DIAGNOSES)
        )
    )


def _rare_names_fit(
    value: bytes, episode: Episode, objects: Sequence[Mapping[str, object]]
) -> bool:
    """Return whether positions order the codes, and neither they nor `withdrawn` are repeated."""
    return not (
        value.count(b'"withdrawn"') > 1
        or value.count(b'"position"') > sum("position" in each for each in objects)
        or any(position_faults(PROCEDURES, episode.procedures))
        or any(position_faults(DIAGNOSES, episode.diagnoses))
    )


def _may_lack_something(episode: Episode) -> bool:
    """Return whether a field may have been left out: what is None may also have been null."""
    if None not in (episode.spell_id, episode.episode_number, episode.start_date, episode.end_date):
        return False
    given = episode.model_fields_set
    return any(name in given and getattr(episode, name) is None for name in LEFT_OUT)
