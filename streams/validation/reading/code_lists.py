"""Lists of codes: procedures and diagnoses, entry by entry."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import TypeAdapter, ValidationError

from schemas.codes import CODE_CHARACTERS, read_diagnosis_code, read_procedure_code
from schemas.episode import CODES_IN_A_LIST, CodeEntry, code_of
from schemas.rejection import Fault
from streams.validation.reading.hints import JSON_IN_TEXT, SEVERAL_CODES, Hint
from streams.validation.reading.json_text import repeated, unambiguous
from streams.validation.reading.rejections import NOT_TEXT, REPEATED, REQUIRED

PROCEDURES: Final = "procedures"
DIAGNOSES: Final = "diagnoses"

_entry: Final = TypeAdapter[CodeEntry](CodeEntry)
_DETAILS: Final = ("date", "position")
_BEYOND_POSITIONS: Final = 10**40
_TOO_LONG: Final = f"should have at most {CODE_CHARACTERS} characters"


@dataclass(slots=True)
class CodeListReading:
    """A list of codes as far as it could be read."""

    entries: list[CodeEntry] = field(default_factory=list)
    submitted: list[object] = field(default_factory=list)
    """The entries as they came, without what is given in one of them more than once."""
    faults: list[Fault] = field(default_factory=list)
    hint: Hint | None = None


def read_code_list(name: str, submitted: object) -> CodeListReading:
    """Read a list of codes, or one code in its place."""
    if submitted is None:
        return CodeListReading()
    if isinstance(submitted, str | dict):
        submitted = [submitted]
    if not isinstance(submitted, list):
        return _refused(name, "should be a list")
    if len(submitted) > CODES_IN_A_LIST:
        return _refused(name, f"should have at most {CODES_IN_A_LIST} entries")
    reading = CodeListReading()
    for index, each in enumerate(submitted):
        _read_entry(reading, name, f"{name}[{index}]", each)
    if not reading.faults and any(isinstance(each, dict) for each in reading.entries):
        reading.faults += position_faults(name, reading.entries)
    return reading


def is_empty_slot(name: str, entry: CodeEntry) -> bool:
    """Return whether an entry of `procedures` or `diagnoses` is an unused place, not a code."""
    code = code_of(entry) or ""
    return (read_procedure_code if name == PROCEDURES else read_diagnosis_code)(code).empty


def position_faults(name: str, entries: Iterable[CodeEntry]) -> Iterator[Fault]:
    """Yield what is wrong with the positions: every entry has a different one, or none has any."""
    positions = {
        index: entry.get("position") if isinstance(entry, dict) else None
        for index, entry in enumerate(entries)
        if not is_empty_slot(name, entry)
    }
    counts = Counter(positions.values())
    if counts[None] == len(positions):
        return
    for index, position in positions.items():
        place = f"{name}[{index}].position"
        if position is None:
            yield Fault(place=place, message="is required, as other entries have one")
        elif not 0 < position < _BEYOND_POSITIONS:
            yield Fault(place=place, message="should be a whole number from 1")
        elif counts[position] > 1:
            yield Fault(place=place, message="is that of another entry too")


def _refused(name: str, message: str) -> CodeListReading:
    return CodeListReading(faults=[Fault(place=name, message=message)])


def _read_entry(reading: CodeListReading, name: str, place: str, submitted: object) -> None:
    plain = unambiguous(submitted) if isinstance(submitted, dict) else submitted
    reading.submitted.append(plain)
    try:
        entry = _entry.validate_python(plain)
    except ValidationError:
        fault = _entry_fault(place, submitted)
        reading.faults.append(fault)
        if fault.message == _TOO_LONG:
            nested = isinstance(submitted, str) and submitted.lstrip().startswith(("[", "{"))
            reading.hint = JSON_IN_TEXT if nested else SEVERAL_CODES
        return
    reading.entries.append(entry)
    if isinstance(submitted, dict) and not is_empty_slot(name, entry):
        reading.faults += [
            Fault(place=f"{place}.{detail}", message=REPEATED)
            for detail in repeated(submitted, _DETAILS)
        ]


def _entry_fault(place: str, submitted: object) -> Fault:
    """Return why an entry cannot be read. Only a code can be at fault: all else is left out."""
    if isinstance(submitted, str):
        return Fault(place=place, message=_TOO_LONG)
    if not isinstance(submitted, dict):
        return Fault(place=place, message="should be a code, or an object with a code")
    if repeated(submitted, ["code"]):
        message = REPEATED
    elif "code" not in submitted:
        message = REQUIRED
    else:
        message = _TOO_LONG if isinstance(submitted["code"], str) else NOT_TEXT
    return Fault(place=f"{place}.code", message=message)
