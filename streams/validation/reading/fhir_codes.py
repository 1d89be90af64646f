"""Codes in FHIR: those of OPCS-4 and ICD-10 among the codings of a concept, and ODS codes."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from schemas.codes import (
    CODE_CHARACTERS,
    DiagnosisCode,
    ProcedureCode,
    normalise,
    read_diagnosis_code,
    read_procedure_code,
)
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.fhir_elements import Element

_ODS_SYSTEM: Final = r".*/ods-(?:organi[sz]ation-|site-)?code|urn:oid:1\.2\.826\.0\.1285\.0\.1\.10"
_ODS = re.compile(_ODS_SYSTEM)
_ODS_SEARCH = re.compile(rf"(?i:Organization\?identifier=(?:{_ODS_SYSTEM})/?(?:\||%7C))(\w+)")
_ODS_ID = re.compile(r"(?:.*/)?Organization/((?=[0-9]*[A-Z])[A-Z0-9]{3}(?:[A-Z0-9]{2})?)")
"""An organisation or site; numbers that a server gives its resources are neither."""


@dataclass(frozen=True, slots=True)
class Classification:
    """A classification whose codes are read into one of the lists of an episode."""

    list_name: str
    item: str
    """The member of a Claim that lists its codes."""
    resource_type: str
    """The type of the resources whose `code` holds one."""
    title: str
    system: re.Pattern[str]
    """Matches its URIs in small letters."""
    read: Callable[[str], ProcedureCode | DiagnosisCode]


OPCS4: Final = Classification(
    *(PROCEDURES, "procedure", "Procedure", "OPCS-4"),
    re.compile(r"(?:.*[/:#])?(?:ex-)?opcs-?4(?:\.[0-9]+)?"),
    read_procedure_code,
)
ICD10: Final = Classification(
    *(DIAGNOSES, "diagnosis", "Condition", "ICD-10"),
    re.compile(r"(?:.*[/:#])?icd-?10(?:-uk)?|urn:oid:2\.16\.840\.1\.113883\.6\.3"),
    read_diagnosis_code,
)


def codings_of(concept: Element, classification: Classification) -> list[Element]:
    """Return the codings of a concept that are of a classification, each code once.

    Where none is, those that name no system count whose code has the shape of one.
    """
    codings = [each for each in concept.objects("coding") if each.get("code") is not None]
    named = [each for each in codings if classification.system.fullmatch(_system(each))]
    unnamed = [
        each
        for each in codings
        if each.get("system") is None and _has_shape(each.text("code"), classification)
    ]
    by_code: dict[str, Element] = {}
    for each in named or unnamed:
        by_code.setdefault(normalise(each.text("code")), each)
    return [*by_code.values()]


def organisation_code(reference: Element, organisation: Element | None) -> tuple[object, str]:
    """Return the ODS code of an organisation that is referred to, with the place of both."""
    identifiers = [reference.object("identifier")]
    if organisation:
        identifiers += organisation.objects("identifier")
    if found := _ods_identifier(identifiers):
        return found.get("value"), f"{found.place}.value"
    url, _, _ = reference.text("reference").partition("/_history/")
    match = _ODS_ID.fullmatch(url) or _ODS_SEARCH.fullmatch(url)
    return match and match[1], f"{reference.place}.reference" if url else reference.place


def _ods_identifier(identifiers: Iterable[Element]) -> Element | None:
    """Return the identifier that is an ODS code, or else the first that names no system."""
    valued = [each for each in identifiers if each.get("value") is not None]
    named = (each for each in valued if _ODS.fullmatch(_system(each)))
    unnamed = (each for each in valued if each.get("system") is None)
    return next(named, None) or next(unnamed, None)


def _has_shape(code: str, classification: Classification) -> bool:
    if len(code) > CODE_CHARACTERS:
        return False
    read = classification.read(code)
    return not (read.empty or read.malformed)


def _system(element: Element) -> str:
    """Return the URI of a system in small letters, without its version."""
    uri, _, _ = element.text("system").partition("|")
    return uri.strip().lower().rstrip("/")
