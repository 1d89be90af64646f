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
_ODS_ID = re.compile(r"(?i:(?:.*/)?Organization/((?=[0-9]*[A-Z])[A-Z0-9]{3}(?:[A-Z0-9]{2})?))")
"""An organisation or site; numbers that a server gives its resources are neither."""
_NO_ORGANISATION: Final = re.compile(r"(?:^|/)(?:Practitioner|Location)")

_OTHER_SYSTEMS: Final = (
    r"snomed|sct|(?<![a-z])read|ctv|cpt|ccsd|loinc|hcpcs|icpc|dsm|nicip|cms\.gov"
    r"|oid:2\.16\.840\.1\.113883\.(?:6|2\.1\.6)\.|icd(?:/release)?[^a-z0-9]*(?:9|11|o(?![a-z]))"
    r"|icd[^a-z0-9]*10[^a-z0-9]*(?!uk|gb)(?:pcs|[a-z]{2})(?![a-z])"
)
"""Part of the URIs, in small letters, of systems whose codes may look like OPCS-4 or ICD-10."""
_BEGINNING: Final = re.compile(r"[A-Z][0-9]{2}")


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
    others: re.Pattern[str]
    """Found in the URIs, in small letters, of other systems."""
    read: Callable[[str], ProcedureCode | DiagnosisCode]


OPCS4: Final = Classification(
    *(PROCEDURES, "procedure", "Procedure", "OPCS-4"),
    re.compile(r".*opcs.*"),
    re.compile(rf"{_OTHER_SYSTEMS}|icd"),
    read_procedure_code,
)
ICD10: Final = Classification(
    *(DIAGNOSES, "diagnosis", "Condition", "ICD-10"),
    re.compile(
        r"(?!.*cms\.gov).*icd[-_ ]?10(?:[-_ /]?(?:uk|gb|who))?[^a-z]*"
        r"|urn:oid:2\.16\.840\.1\.113883\.6\.3"
    ),
    re.compile(rf"{_OTHER_SYSTEMS}|opcs"),
    read_diagnosis_code,
)


def codings_of(concept: Element, classification: Classification) -> list[Element]:
    """Return the codings of a concept that are of a classification, each code once.

    Where no system says so, those without a system count whose code looks like one of it: even a
    malformed one if no coding has a system. Else those of unknown systems, if they are well formed.
    """
    codings = [each for each in concept.objects("coding") if each.get("code") is not None]
    named = [each for each in codings if names(each, classification)]
    unnamed = [each for each in codings if each.get("system") in (None, "")]
    alone = len(unnamed) == len(codings)
    alike = [each for each in unnamed if _is_like(each, classification, malformed=alone)]
    unknown = [
        each
        for each in codings
        if is_of_unknown_system(each, classification)
        and _is_like(each, classification, malformed=False)
    ]
    by_code: dict[str, Element] = {}
    for each in named or alike or unknown:
        by_code.setdefault(normalise(each.text("code")), each)
    return [*by_code.values()]


def names(coding: Element, classification: Classification) -> bool:
    """Return whether the system of a coding is a classification."""
    return classification.system.fullmatch(_system(coding)) is not None


def is_of_unknown_system(coding: Element, classification: Classification) -> bool:
    """Return whether a coding has a system that is not known as any classification."""
    return (
        coding.get("system") not in (None, "")
        and not names(coding, classification)
        and not classification.others.search(_system(coding))
    )


def organisation_code(reference: Element, organisation: Element | None) -> tuple[object, str]:
    """Return the ODS code of an organisation that is referred to, with the place of both.

    `organisation` is what the reference refers to, if that is in the record.
    """
    url, _, _ = reference.text("reference").partition("/_history/")
    place = f"{reference.place}.reference" if url else reference.place
    identifiers = [reference.object("identifier")]
    kinds = {reference.text("type").rpartition("/")[2]}
    if organisation:
        identifiers += organisation.objects("identifier")
        kinds.add(organisation.text("resourceType"))
    if kinds - {"", "Organization"} or _NO_ORGANISATION.search(url):
        return None, place
    if found := _ods_identifier(identifiers):
        return found.get("value"), f"{found.place}.value"
    match = None if organisation else _ODS_ID.fullmatch(url) or _ODS_SEARCH.fullmatch(url)
    return match and match[1], place


def _ods_identifier(identifiers: Iterable[Element]) -> Element | None:
    """Return the identifier that is an ODS code, or else the first that names no system."""
    valued = [each for each in identifiers if each.get("value") is not None]
    named = (each for each in valued if _ODS.fullmatch(_system(each)))
    unnamed = (each for each in valued if each.get("system") is None)
    return next(named, None) or next(unnamed, None)


def _is_like(coding: Element, classification: Classification, *, malformed: bool) -> bool:
    """Return whether a code has the shape of a classification or, malformed, begins like one.

    A vertebroplasty within it will do; so will one code of several, to be refused as a text.
    """
    code = normalise(coding.text("code"))
    read = classification.read(code[:CODE_CHARACTERS])
    if malformed:
        return not read.empty and bool(read.category or _BEGINNING.match(code))
    return not (read.empty or read.malformed)


def _system(element: Element) -> str:
    """Return the URI of a system in small letters, without its version."""
    uri, _, _ = element.text("system").partition("|")
    return uri.strip().lower().rstrip("/")
