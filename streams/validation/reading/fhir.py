"""FHIR R4 JSON: a Claim, or a Bundle with one Encounter, its Conditions and Procedures."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from schemas.codes import normalise
from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection
from streams.validation.reading.code_lists import PROCEDURES
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.fhir_coded import Coded, Details, add_all, certainty, coded_resource
from streams.validation.reading.fhir_codes import (
    ICD10,
    OPCS4,
    Classification,
    names,
    organisation_code,
)
from streams.validation.reading.fhir_elements import Element, Name, contained, referable, resolve
from streams.validation.reading.fhir_encounter import NOT_HERE, Stay
from streams.validation.reading.hints import FHIR, SEVERAL_ENCOUNTERS
from streams.validation.reading.json_text import repeated
from streams.validation.reading.rejections import REPEATED, reject

_TYPE: Final = "resourceType"
_NO_EPISODE: Final = frozenset({"cancelled", "entered-in-error"})


def is_fhir(content: Mapping[str, object]) -> bool:
    """Return whether a JSON object is a FHIR resource, and no native episode."""
    return isinstance(content.get(_TYPE), str) and content.get("episode_id") is None


def read_fhir(
    content: dict[str, Any], *, deleted: bool = False
) -> Episode | Withdrawal | Rejection:
    """Read a resource; where it was deleted, the withdrawal of its episode."""
    if repeated(content, [_TYPE]):
        return reject(Reason.NOT_AN_EPISODE, [Fault(place=_TYPE, message=REPEATED)])
    match content[_TYPE]:
        case "Claim":
            return _read_claim(Element(content, "Claim", {}), deleted=deleted)
        case "Bundle":
            return _read_bundle(Element(content, "Bundle", {}), deleted=deleted)
        case _:
            fault = Fault(place=_TYPE, message="is not of a kind that is read")
            return reject(FHIR.reason, [fault], FHIR)


def _read_claim(claim: Element, *, deleted: bool) -> Episode | Withdrawal | Rejection:
    extracted = Extracted(Format.FHIR_R4)
    known = contained(claim)
    _put_identity(extracted, claim, "provider", known)
    if deleted:
        return _withdrawn(extracted, claim)
    _refuse_status(claim)
    if claim.text("use") in {"preauthorization", "predetermination"}:
        claim.refuse("use", "should be claim: only what was done is checked")
    _put_period(extracted, claim.object("billablePeriod"))
    for classification in (OPCS4, ICD10):
        extracted.put(classification.list_name, None, f"{claim.place}.{classification.item}")
        add_all(extracted, _entries(extracted, claim, classification, known), classification)
    _remark_on_services(extracted, claim)
    return _finished(extracted, claim)


def _entries(
    extracted: Extracted, claim: Element, classification: Classification, known: dict[Name, Element]
) -> Iterator[Coded]:
    """Yield the entries of `diagnosis` or `procedure`, or what they refer to.

    A contained resource is read once: otherwise many entries could refer to the same large one.
    """
    list_name, kind = classification.list_name, classification.resource_type
    unread = {name: each for name, each in known.items() if each.text(_TYPE) == kind}
    for item in claim.objects(classification.item):
        concept = item.object(f"{classification.item}CodeableConcept")
        reference = item.object(f"{classification.item}Reference")
        name, role = reference.text("reference"), certainty(item.objects("type"))
        details: Details = {"position": (item.get("sequence"), f"{item.place}.sequence")}
        if (day := item.get("date")) is not None:
            details["date"] = (day, f"{item.place}.date")
        if concept.members or not reference.members:
            yield Coded(item, concept, details, role)
        elif resource := unread.pop(name, None):
            yield coded_resource(resource, details, role)
        elif name not in known:
            extracted.leave_out(list_name, reference.place, NOT_HERE)
        elif known[name].text(_TYPE) == kind:
            extracted.remark(reference.place, "refers to a resource that is read already")
        else:
            message = f"refers to a resource that is no {kind}, and was left out"
            extracted.leave_out(list_name, reference.place, message)
    for resource in unread.values():
        message = f"is in no entry of {classification.item}, and was left out"
        extracted.leave_out(list_name, resource.place, message)


def _remark_on_services(extracted: Extracted, claim: Element) -> None:
    """Note which services of a Claim hold a code that none of its procedures has."""
    found = (each["code"] for each in extracted.members.get(PROCEDURES, ()))
    read = {normalise(code) for code in found if isinstance(code, str)}
    for item in Element(claim.members, claim.place, faults={}).objects("item"):
        service = item.object("productOrService")
        codings = [each for each in service.objects("coding") if names(each, OPCS4)]
        if {normalise(each.text("code")) for each in codings} - read:
            message = "is in no entry of procedure, and was left out"
            extracted.leave_out(PROCEDURES, service.place, message)


def _read_bundle(bundle: Element, *, deleted: bool) -> Episode | Withdrawal | Rejection:
    entries = bundle.objects("entry")
    by_type = defaultdict(list)
    for resource in [entry.object("resource") for entry in entries]:
        by_type[resource.text(_TYPE)].append(resource)
    if len(by_type["Encounter"]) != 1:
        bundle.refuse("entry", "should have one Encounter")
        faults = (Fault(place=place, message=each) for place, each in bundle.faults.items())
        hint = SEVERAL_ENCOUNTERS if by_type["Encounter"] else FHIR
        return reject(hint.reason, faults, hint)
    (encounter,) = by_type["Encounter"]
    extracted = Extracted(Format.FHIR_R4)
    known = referable(entries) | contained(encounter)
    _put_identity(extracted, encounter, "serviceProvider", known)
    if deleted:
        return _withdrawn(extracted, bundle)
    _refuse_status(encounter)
    _put_period(extracted, encounter.object("period"))
    for resource in encounter.objects("contained"):
        by_type[resource.text(_TYPE)].append(resource)
    stay = Stay(extracted, encounter, known)
    for classification in (OPCS4, ICD10):
        extracted.put(classification.list_name, None, f"{bundle.place}.entry")
    add_all(extracted, stay.procedures(by_type["Procedure"]), OPCS4)
    add_all(extracted, stay.conditions(by_type["Condition"]), ICD10)
    return _finished(extracted, bundle)


def _put_identity(
    extracted: Extracted, resource: Element, provider: str, known: Mapping[Name, Element]
) -> None:
    for element in (*resource.objects("identifier")[:1], resource):
        name = "id" if element is resource else "value"
        found, place = element.get(name), f"{element.place}.{name}"
        if found is not None:
            break
    extracted.put("episode_id", found, place)
    reference = resource.object(provider)
    code, place = organisation_code(reference, resolve(reference, known, "Organization"))
    extracted.put("provider_code", code, place)
    if code is None and reference.members:
        extracted.refuse(place, "names no ODS code")


def _refuse_status(resource: Element) -> None:
    if resource.text("status") in _NO_EPISODE:
        message = "says that there is no such episode; to take one back, send its withdrawal"
        resource.refuse("status", message)


def _put_period(extracted: Extracted, period: Element) -> None:
    extracted.put("start_date", period.get("start"), f"{period.place}.start")
    extracted.put("end_date", period.get("end"), f"{period.place}.end")


def _withdrawn(extracted: Extracted, root: Element) -> Episode | Withdrawal | Rejection:
    extracted.put("withdrawn", content=True, place=root.place)
    return _finished(extracted, root)


def _finished(extracted: Extracted, root: Element) -> Episode | Withdrawal | Rejection:
    for place, message in islice(root.faults.items(), MAX_FAULTS):
        extracted.refuse(place, message)
    return extracted.read()
