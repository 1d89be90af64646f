"""The episode of an HL7 v2 message: ADT, BAR or DFT, with its PR1 and DG1 segments."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress, islice
from typing import Final, NamedTuple

from schemas.episode import CODES_IN_A_LIST, Episode, Format, Withdrawal
from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.hints import HL7, SEVERAL_MESSAGES
from streams.validation.reading.hl7_codes import DG1, PR1, Coded, codes_of
from streams.validation.reading.hl7_message import MESSAGE, Message, Segment
from streams.validation.reading.rejections import reject

_KINDS: Final = ("ADT", "BAR", "DFT")
_CANCELLATIONS: Final = (("ADT", "A11"), ("ADT", "A13"), ("ADT", "A23"), ("BAR", "P02"))
"""Of an admission, a discharge, a visit and an account."""

_NO_WITHDRAWAL: Final = (
    "is a cancellation, but takes no episode back: for that, send null under PROVIDER/EPISODE_ID"
)
_DELETE: Final = "D"
_PROVISIONAL: Final = re.compile(r"A|W|ADMI.*|WORK.*|PROV.*")
"""Types of a diagnosis made on admission, or while it is worked on; also in words."""

_SEGMENTS: Final = 5 * CODES_IN_A_LIST
"""Maximum number of segments of a kind, and of codes in them, with those that are not read."""

_TIMESTAMP: Final = re.compile(r"([0-9]{8})(?:[0-9]{2}){0,3}(?:\.[0-9]+)?(?:[+-][0-9]{4})?")
_DIGITS: Final = 9
_UNRANKED: Final = 10**_DIGITS
"""Rank of a diagnosis whose priority is 0: behind all others."""


@dataclass(frozen=True, slots=True)
class Hl7Fields:
    """Where a message names the episode and its provider, as HL7 numbers fields."""

    episode_id: str = "PV1-19.1"
    provider_code: str = "MSH-4.1"


HL7_FIELDS: Final = Hl7Fields()


class _Placed(NamedTuple):
    """A segment, and its place."""

    place: str
    segment: Segment


class _Found(NamedTuple):
    """A segment with the codes that are read from it."""

    place: str
    segment: Segment
    codes: list[tuple[str, str]]
    """Each with its place."""


def read_hl7(
    content: bytes, fields: Hl7Fields, encoding: str | None = None
) -> Episode | Withdrawal | Rejection:
    """Read content that begins as a message, or a batch of them.

    Its encoding is the one that it declares, unless it is known.
    """
    if not content.startswith(MESSAGE):
        return _several(content[:3].decode(), "begins a batch of messages")
    message = Message(content, encoding)
    if message.count("MSH") > 1:
        return _several("MSH[2]", "begins another message")
    kind, event = ((message.value(f"MSH-9.{part}") or "").strip().upper() for part in (1, 2))
    if kind not in _KINDS:
        fault = Fault(place="MSH-9.1", message=f"should be one of {', '.join(_KINDS)}")
        return reject(Reason.UNKNOWN_FORMAT, [fault], HL7)
    extracted = Extracted(Format.HL7_V2)
    extracted.put("episode_id", message.value(fields.episode_id), fields.episode_id)
    extracted.put("provider_code", message.value(fields.provider_code), fields.provider_code)
    extracted.put("start_date", _day(message.value("PV1-44")), "PV1-44")
    extracted.put("end_date", _day(message.value("PV1-45")), "PV1-45")
    if (kind, event) in _CANCELLATIONS:
        extracted.remark("MSH-9.2", _NO_WITHDRAWAL)
    _remark_on_lines(message, extracted)
    extracted.put(PROCEDURES, None, PR1.segment)
    extracted.put(DIAGNOSES, None, DG1.segment)
    _add_procedures(message, extracted)
    _add_diagnoses(message, extracted)
    return extracted.read()


def _several(place: str, message: str) -> Rejection:
    fault = Fault(place=place, message=message)
    return reject(Reason.NOT_AN_EPISODE, [fault], SEVERAL_MESSAGES)


def _remark_on_lines(message: Message, extracted: Extracted) -> None:
    """Remark once on the lines that are no segments: a whole letter may be broken into them."""
    if message.odd_lines:
        count = len(message.odd_lines)
        text = f"is the first of {count:,} lines that are no segments, and were left out"
        text = text if count > 1 else "is no segment, and was left out"
        extracted.remark(f"line {message.odd_lines[0]}", text)


def _add_procedures(message: Message, extracted: Extracted) -> None:
    found = _found(_segments(message, PR1, extracted), PR1, extracted)
    for place, segment, codes in _in_order(found):
        day = _day(segment.value(5))
        details = {"date": (day, f"{place}-5")} if day else {}
        for code, code_place in codes:
            extracted.add(PROCEDURES, code, code_place, **details)


def _add_diagnoses(message: Message, extracted: Extracted) -> None:
    segments = _final([*_segments(message, DG1, extracted)], extracted)
    found = _in_order(_found(segments, DG1, extracted))
    ranks = [_whole_number(each.segment.value(15)) for each in found]
    if None not in ranks:
        found = _sorted(found, [rank or _UNRANKED for rank in ranks])
    for _, _, codes in found:
        for code, code_place in codes:
            extracted.add(DIAGNOSES, code, code_place)


def _segments(message: Message, coded: Coded, extracted: Extracted) -> Iterator[_Placed]:
    """Yield the segments of a kind that delete nothing; remark on codes that stand elsewhere."""
    if message.count(coded.segment) > _SEGMENTS:
        extracted.refuse(coded.segment, f"stands more than {_SEGMENTS} times")
        return
    for number, segment in enumerate(message.segments(coded.segment), 1):
        place = f"{coded.segment}[{number}]"
        if segment.value(coded.action) == _DELETE:
            extracted.remark(f"{place}-{coded.action}", "deletes the code, which was left out")
        else:
            yield _Placed(place, segment)
    if not message.count(coded.segment):
        text = f"is read from {coded.segment} segments only, and was left out"
        for number, segment in enumerate(islice(message.segments("FT1"), _SEGMENTS), 1):
            if segment.value(coded.charge):
                extracted.leave_out(coded.list_name, f"FT1[{number}]-{coded.charge}", text)


def _found(segments: Iterable[_Placed], coded: Coded, extracted: Extracted) -> Iterator[_Found]:
    """Yield the segments that hold codes to read."""
    unread = _SEGMENTS
    for place, segment in segments:
        unread -= len(segment.repetitions(3))
        if unread < 0:
            extracted.refuse(coded.segment, f"holds more than {_SEGMENTS} codes")
            return
        if codes := [*codes_of(segment, place, coded, extracted)]:
            yield _Found(place, segment, codes)


def _in_order(found: Iterable[_Found]) -> list[_Found]:
    """Return segments by their set ids if these are different numbers, else as they stand."""
    found = [*found]
    set_ids = [_whole_number(each.segment.value(1)) for each in found]
    numbers = {each for each in set_ids if each is not None}
    return _sorted(found, set_ids) if len(numbers) == len(found) else found


def _final(segments: list[_Placed], extracted: Extracted) -> list[_Placed]:
    """Return diagnoses without the provisional ones, if there are others in any system."""
    given = [each for each in segments if not (each.segment.blank(3) and each.segment.blank(4))]
    types = [(each.segment.value(6) or "").strip().upper() for each in given]
    provisional = [_PROVISIONAL.fullmatch(each) is not None for each in types]
    if not any(its_type and not early for its_type, early in zip(types, provisional, strict=True)):
        return given
    for each in compress(given, provisional):
        extracted.leave_out(
            DIAGNOSES, f"{each.place}-6", "is provisional beside others, and was left out"
        )
    return [each for each, early in zip(given, provisional, strict=True) if not early]


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
