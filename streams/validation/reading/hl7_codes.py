"""Codes in HL7 v2: those of OPCS-4 and ICD-10 among what PR1-3 and DG1-3 hold."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from schemas.codes import (
    CODE_CHARACTERS,
    DiagnosisCode,
    ProcedureCode,
    normalise,
    read_diagnosis_code,
    read_procedure_code,
)
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.hl7_message import Segment

_CODE: Final = 1
_ALTERNATE_CODE: Final = 4
"""Components; the name of the coding system stands two behind each."""

_NO_LETTER_OR_DIGIT: Final = re.compile(r"[^A-Z0-9]")
_OTHER_SYSTEMS: Final = re.compile(
    r".*(?:SNOMED|READ|CTV|CPT|CCSD|LOINC|HCPCS|HRG|DRG|ICPC|DSM|DMD|NICIP|OPCS)"
    r"|.*ICD(?:9|10|11|O|$)|SCT|SNM|SNT|RC[A-Z0-9]?$|C[45]$|LN$|OP?4|I9|I1[01]"
)
"""Begins the names of systems other than the classification looked for, in the same spelling."""


class _Origin(IntEnum):
    """What is known of the system of a code; first what counts most."""

    NAMED = 0
    UNNAMED = 1
    UNKNOWN = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Coded:
    """A kind of segment with a code in its third field."""

    segment: str
    list_name: str
    classification: str
    systems: re.Pattern[str]
    """Begins the names of the classification, in capitals and without punctuation."""
    read: Callable[[str], ProcedureCode | DiagnosisCode]
    action: int
    """Number of the field with the action code."""
    charge: int
    """Number of the field of FT1 with such a code."""

    def origin(self, system: str) -> _Origin:
        """Return what the name of a system says."""
        plain = _NO_LETTER_OR_DIGIT.sub("", system.upper())
        if self.systems.match(plain):
            return _Origin.NAMED
        return _Origin.OTHER if _OTHER_SYSTEMS.match(plain) else _Origin.UNKNOWN

    def holds(self, code: str) -> bool:
        """Return whether a code has the shape of one, or is read as a vertebroplasty."""
        normalised = normalise(code)
        if len(normalised) > CODE_CHARACTERS:
            return False
        read = self.read(normalised)
        vertebroplasty = isinstance(read, ProcedureCode) and read.vertebroplasty
        return vertebroplasty or not (read.empty or read.malformed)


PR1: Final = Coded(
    *("PR1", PROCEDURES, "OPCS-4", re.compile(r".*OPCS|OP?4"), read_procedure_code),
    action=20,
    charge=25,
)
DG1: Final = Coded(
    *("DG1", DIAGNOSES, "ICD-10", re.compile(r"(?:.*ICD10|I10)(?!CM|PCS|C$|P$)|ICD$")),
    read_diagnosis_code,
    action=21,
    charge=19,
)


class _Code(NamedTuple):
    origin: _Origin
    component: int
    text: str


def codes_of(
    segment: Segment, place: str, coded: Coded, extracted: Extracted
) -> Iterator[tuple[str, str]]:
    """Yield the codes of a segment with their places, one at most of each repetition."""
    method = segment.value(2)
    unnamed = coded.origin(method) if method else _Origin.UNNAMED
    unnamed = max(unnamed, _Origin.UNNAMED)  # a method says less than a name beside the code
    if segment.blank(3) and not segment.blank(4):
        message = "is a text without a code, and was left out"
        extracted.leave_out(coded.list_name, f"{place}-4", message)
    for number, repetition in enumerate(segment.repetitions(3), 1):
        field = f"{place}-3" if number == 1 else f"{place}-3({number})"
        value = segment.delimiters.value
        codes = [
            _Code(coded.origin(system) if system else unnamed, component, code)
            for component in (_CODE, _ALTERNATE_CODE)
            if (code := value(repetition, component))
            for system in [value(repetition, component + 2)]
        ]
        if chosen := _choose(codes, coded):
            _remark(chosen, codes, field, coded, extracted)
            yield chosen.text, f"{field}.{chosen.component}"
        elif repetition.strip():
            message = f"holds no {coded.classification} code, and was left out"
            extracted.leave_out(coded.list_name, f"{field}.1", message)


def _choose(codes: list[_Code], coded: Coded) -> _Code | None:
    """Return the code to read: of two without a system, or of an unknown one, by its shape."""
    likely = [each for each in codes if _is_likely(each, coded)]
    unnamed = [each for each in codes[:1] if each.origin is _Origin.UNNAMED]
    return min(likely or unnamed, default=None)


def _is_likely(code: _Code, coded: Coded) -> bool:
    if code.origin in (_Origin.NAMED, _Origin.OTHER):
        return code.origin is _Origin.NAMED
    return coded.holds(code.text)


def _remark(
    chosen: _Code, codes: list[_Code], field: str, coded: Coded, extracted: Extracted
) -> None:
    """Note that the system of a code is unknown, and that a second code is passed over."""
    if chosen.origin is _Origin.UNKNOWN:
        message = f"is of an unknown coding system, and was read as {coded.classification}"
        extracted.remark(f"{field}.{chosen.component}", message)
    for each in codes:
        if (
            each.origin < _Origin.UNKNOWN
            and normalise(each.text) != normalise(chosen.text)
            and _is_likely(each, coded)
        ):
            message = "is a second code of one entry, and was left out"
            extracted.leave_out(coded.list_name, f"{field}.{each.component}", message)
