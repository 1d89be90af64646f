"""Remarks: what was left out of an episode that was read all the same."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from pydantic import TypeAdapter

from schemas.episode import CodeEntry, Episode, read_date
from schemas.rejection import MAX_FAULTS, Remark
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES, is_empty_slot
from streams.validation.reading.names import lacks_codes

boolean: Final = TypeAdapter(bool).validator
"""Reads what is true or false: "true", "Y", 1 and 0 are too."""

NOT_A_DATE: Final = "is not a date such as 2026-01-31, and was left out"
LEFT_OUT: Final = {
    "spell_id": "is not text of at most 64 characters, and was left out",
    "episode_number": "is not a whole number from 0, and was left out",
    "start_date": NOT_A_DATE,
    "end_date": NOT_A_DATE,
}
_NOT_BOOLEAN: Final = "is neither true nor false, and was left out"


def is_unclear_withdrawal(submitted: Mapping[str, object]) -> bool:
    """Return whether a record without lists of codes may be a withdrawal, but does not say so."""
    withdrawn = submitted.get("withdrawn")
    unclear = withdrawn is not None and not boolean.isinstance_python(withdrawn)
    return unclear and lacks_codes(submitted)


def remarks(episode: Episode, submitted: Mapping[str, object]) -> tuple[Remark, ...]:
    """Return the first remarks on an episode, given the members that it was read from."""
    return tuple(islice(_remarks(episode, submitted), MAX_FAULTS))


def _remarks(episode: Episode, submitted: Mapping[str, object]) -> Iterator[Remark]:
    yield from _unread_dates(PROCEDURES, episode.procedures, submitted.get(PROCEDURES))
    yield from _unread_dates(DIAGNOSES, episode.diagnoses, submitted.get(DIAGNOSES))
    for name, message in LEFT_OUT.items():
        if getattr(episode, name) is None and submitted.get(name) is not None:
            if message == NOT_A_DATE and read_date(submitted[name]):
                continue  # HES writes a date of its own where there is none
            yield Remark(place=name, message=message)
    withdrawn = submitted.get("withdrawn")
    if withdrawn is not None and not boolean.isinstance_python(withdrawn):
        yield Remark(place="withdrawn", message=_NOT_BOOLEAN)


def _unread_dates(name: str, entries: Iterable[CodeEntry], submitted: object) -> Iterator[Remark]:
    listed = submitted if isinstance(submitted, list) else [submitted]
    for index, (entry, given) in enumerate(zip(entries, listed, strict=False)):
        if (
            isinstance(given, dict)
            and given.get("date") is not None
            and read_date(given["date"]) is None
            and not is_empty_slot(name, entry)
        ):
            yield Remark(place=f"{name}[{index}].date", message=NOT_A_DATE)
