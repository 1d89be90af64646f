"""The episode of an HL7 v2 message: ADT, BAR or DFT, with its PR1 and DG1 segments."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from schemas.episode import CODES_IN_A_LIST, Episode, Format, Withdrawal
from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.hints import HL7, SEVERAL_MESSAGES
from streams.validation.reading.hl7_message import MESSAGE, Message, Segment
from streams.validation.reading.rejections import reject

_KINDS: Final = ("ADT", "BAR", "DFT")
_CANCELLATIONS: Final = ("A11", "A23")
"""Of an admission, and of a visit."""

_NO_WITHDRAWAL: Final = (
    "cancels the visit, but takes no episode back: for that, send null under PROVIDER/EPISODE_ID"
)
_DELETE: Final = "D"
_PROVISIONAL: Final = ("A", "W")
"""Types of a diagnosis made on admission, or while it is worked on."""

_SEGMENTS: Final = 5 * CODES_IN_A_LIST
"""Maximum number of segments of a kind, with those from which nothing is read."""

_TIMESTAMP: Final = re.compile(r"([0-9]{8})(?:[0-9]{2}){0,3}(?:\.[0-9]+)?(?:[+-][0-9]{4})?")
_DIGITS: Final = 9
_UNRANKED: Final = 10**_DIGITS
"""Rank of a diagnosis whose priority is 0: behind all others."""

_CODE: Final = 1
_ALTERNATE_CODE: Final = 4
"""Components; the name of the coding system stands two behind each."""

_NO_LETTER_OR_DIGIT: Final = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Hl7Fields:
    """Where a message names the episode and its provider, as HL7 numbers fields."""

    episode_id: str = "PV1-19.1"
    provider_code: str = "MSH-4.1"


HL7_FIELDS: Final = Hl7Fields()


@dataclass(frozen=True, slots=True)
class _Coded:
    """A kind of segment with a code in its third field."""

    segment: str
    list_name: str
    classification: str
    systems: re.Pattern[str]
    """Begins the names of the classification, in capitals and without punctuation."""
    action: int
    """Number of the field with the action code."""


_PR1: Final = _Coded("PR1", PROCEDURES, "OPCS-4", re.compile(r".*OPCS|OP?4"), action=20)
_DG1: Final = _Coded(
    "DG1", DIAGNOSES, "ICD-10", re.compile(r"(?:.*ICD10|I10)(?!CM|PCS|C$|P$)|ICD$"), action=21
)


class _Found(NamedTuple):
    """A segment with the codes that are read from it."""

    place: str
    segment: Segment
    codes: list[tuple[str, str]]
    """Each with its place."""


def read_hl7(content: bytes, fields: Hl7Fields) -> Episode | Withdrawal | Rejection:
    """Read content that begins as a message, or a batch of them."""
    if not content.startswith(MESSAGE):
        return _several(content[:3].decode(), "begins a batch of messages")
    message = Message(content)
    if message.count("MSH") > 1:
        return _several("MSH[2]", "begins another message")
    if (message.value("MSH-9.1") or "").strip().upper() not in _KINDS:
        fault = Fault(place="MSH-9.1", message=f"should be one of {', '.join(_KINDS)}")
        return reject(Reason.UNKNOWN_FORMAT, [fault], HL7)
    extracted = Extracted(Format.HL7_V2)
    extracted.put("episode_id", message.value(fields.episode_id), fields.episode_id)
    extracted.put("provider_code", message.value(fields.provider_code), fields.provider_code)
    extracted.put("start_date", _day(message.value("PV1-44")), "PV1-44")
    extracted.put("end_date", _day(message.value("PV1-45")), "PV1-45")
    if message.value("MSH-9.2") in _CANCELLATIONS:
        extracted.remark("MSH-9.2", _NO_WITHDRAWAL)
    for number in message.odd_lines[:MAX_FAULTS]:
        extracted.remark(f"line {number}", "is no segment, and was left out")
    extracted.put(PROCEDURES, None, _PR1.segment)
    extracted.put(DIAGNOSES, None, _DG1.segment)
    _add_procedures(message, extracted)
    _add_diagnoses(message, extracted)
    return extracted.read()


def _several(place: str, message: str) -> Rejection:
    fault = Fault(place=place, message=message)
    return reject(Reason.NOT_AN_EPISODE, [fault], SEVERAL_MESSAGES)


def _add_procedures(message: Message, extracted: Extracted) -> None:
    for place, segment, codes in _in_order(_found(message, _PR1, extracted)):
        day = _day(segment.value(5))
        details = {"date": (day, f"{place}-5")} if day else {}
        for code, code_place in codes:
            extracted.add(PROCEDURES, code, code_place, **details)


def _add_diagnoses(message: Message, extracted: Extracted) -> None:
    found = _final(_in_order(_found(message, _DG1, extracted)), extracted)
    ranks = [_whole_number(each.segment.value(15)) for each in found]
    if None not in ranks:
        found = _sorted(found, [rank or _UNRANKED for rank in ranks])
    for _, _, codes in found:
        for code, code_place in codes:
            extracted.add(DIAGNOSES, code, code_place)


def _found(message: Message, coded: _Coded, extracted: Extracted) -> Iterator[_Found]:
    """Yield the segments that hold codes to read; remark on what the others hold."""
    if message.count(coded.segment) > _SEGMENTS:
        extracted.refuse(coded.segment, f"stands more than {_SEGMENTS} times")
        return
    for number, segment in enumerate(message.segments(coded.segment), 1):
        place = f"{coded.segment}[{number}]"
        if segment.value(coded.action) == _DELETE:
            extracted.remark(f"{place}-{coded.action}", "deletes the code, which was left out")
        elif codes := [*_codes(segment, place, coded, extracted)]:
            yield _Found(place, segment, codes)


def _codes(
    segment: Segment, place: str, coded: _Coded, extracted: Extracted
) -> Iterator[tuple[str, str]]:
    """Yield the codes of a segment: of each repetition the first of the classification."""
    repetitions = islice(segment.repetitions(3), CODES_IN_A_LIST + 1)
    for number, repetition in enumerate(repetitions, 1):
        field = f"{place}-3" if number == 1 else f"{place}-3({number})"
        for component in _CODE, _ALTERNATE_CODE:
            code = segment.delimiters.value(repetition, component)
            system = segment.delimiters.value(repetition, component + 2) or segment.value(2)
            if code and (system is None or coded.systems.match(_plain(system))):
                yield code, f"{field}.{component}"
                break
        else:
            if repetition:
                message = f"holds no {coded.classification} code, and was left out"
                extracted.leave_out(coded.list_name, f"{field}.1", message)


def _in_order(found: Iterable[_Found]) -> list[_Found]:
    """Return segments by their set ids if these are different numbers, else as they stand."""
    found = [*found]
    set_ids = [_whole_number(each.segment.value(1)) for each in found]
    numbers = {each for each in set_ids if each is not None}
    return _sorted(found, set_ids) if len(numbers) == len(found) else found


def _final(found: list[_Found], extracted: Extracted) -> list[_Found]:
    """Return diagnoses without the provisional ones, if there are others."""
    types = [each.segment.value(6) for each in found]
    if not {*types} - {None, *_PROVISIONAL}:
        return found
    for each, its_type in zip(found, types, strict=True):
        if its_type in _PROVISIONAL:
            extracted.leave_out(
                DIAGNOSES, f"{each.place}-6", "is provisional beside others, and was left out"
            )
    return [
        each for each, its_type in zip(found, types, strict=True) if its_type not in _PROVISIONAL
    ]


def _sorted(found: list[_Found], numbers: Iterable[int | None]) -> list[_Found]:
    ordered = sorted(zip(numbers, range(len(found)), strict=True))
    return [found[index] for _, index in ordered]


def _whole_number(text: str | None) -> int | None:
    digits = (text or "").strip()
    short = len(digits) <= _DIGITS and digits.isascii() and digits.isdigit()
    return int(digits) if short else None


def _day(timestamp: str | None) -> str | None:
    """Return the day of a timestamp; what is none stays as it is, to be remarked on."""
    read = _TIMESTAMP.fullmatch((timestamp or "").strip())
    return read[1] if read else timestamp


def _plain(system: str) -> str:
    return _NO_LETTER_OR_DIGIT.sub("", system.upper())
