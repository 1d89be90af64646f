"""FHIR R4 JSON: a Claim, or a Bundle with one Encounter, its Conditions and Procedures."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import islice
from math import inf
from operator import itemgetter
from typing import Any, Final

from schemas.episode import CODES_IN_A_LIST, Episode, Format, Withdrawal
from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.fhir_codes import (
    ICD10,
    OPCS4,
    Classification,
    codings_of,
    organisation_code,
)
from streams.validation.reading.fhir_elements import Element, contained, referable, resolve
from streams.validation.reading.hints import FHIR, SEVERAL_ENCOUNTERS
from streams.validation.reading.json_text import repeated
from streams.validation.reading.rejections import REPEATED, reject

_Details = dict[str, tuple[object, str]]
"""Date and position of a code, each with its place."""

_TYPE: Final = "resourceType"
_NO_EPISODE: Final = frozenset({"cancelled", "entered-in-error"})
_NOT_TO_BE_CODED: Final = frozenset({"entered-in-error", "not-done", "preparation", "refuted"})
_NOT_POSITIVE: Final = "is not a whole number from 1, and was left out"
_NOT_HERE: Final = "refers to a resource that is not here, and was left out"


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
        for item in claim.objects(classification.item):
            _add_item(extracted, item, classification, known)
    return _finished(extracted, claim)


def _add_item(
    extracted: Extracted, item: Element, classification: Classification, known: dict[str, Element]
) -> None:
    """Add the codes of an entry of `diagnosis` or `procedure`, or of what it refers to.

    A contained resource is read once: otherwise many entries could refer to the same large one.
    """
    concept = item.object(f"{classification.item}CodeableConcept")
    reference = item.object(f"{classification.item}Reference")
    details = {"position": (item.get("sequence"), f"{item.place}.sequence")}
    if (day := item.get("date")) is not None:
        details["date"] = (day, f"{item.place}.date")
    if concept.members or not reference.members:
        _add_codes(extracted, concept, classification, details)
    elif resource := known.pop(reference.text("reference"), None):
        _add_resource(extracted, resource, classification, details)
    else:
        extracted.leave_out(classification.list_name, reference.place, _NOT_HERE)


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
    listed = _listed_conditions(extracted, encounter, known)
    conditions = {each.place: (inf, each) for each in by_type["Condition"]} | listed
    by_rank = [each for _, each in sorted(conditions.values(), key=itemgetter(0))]
    identifiers = {each.text("value") for each in encounter.objects("identifier")}
    for classification, resources in ((OPCS4, by_type["Procedure"]), (ICD10, by_rank)):
        extracted.put(classification.list_name, None, f"{bundle.place}.entry")
        for resource in resources:
            reference = resource.object("encounter")
            if resource.place in listed or _is_to(encounter, reference, known, identifiers):
                _add_resource(extracted, resource, classification, {})
            else:
                message = "is of another Encounter, and was left out"
                extracted.leave_out(classification.list_name, resource.place, message)
    return _finished(extracted, bundle)


def _listed_conditions(
    extracted: Extracted, encounter: Element, known: Mapping[str, Element]
) -> dict[str, tuple[float, Element]]:
    """Return the Conditions that an Encounter lists as its diagnoses, with their ranks, by place.

    A Condition may have a rank in each of several roles; the first of these counts.
    """
    listed: dict[str, tuple[float, Element]] = {}
    for item in encounter.objects("diagnosis"):
        reference = item.object("condition")
        resource = resolve(reference, known)
        if resource is None:
            extracted.remark(reference.place, _NOT_HERE)
        elif resource.text(_TYPE) == "Condition":
            rank = item.get("rank")
            if rank is not None and not _is_positive(rank):
                extracted.remark(f"{item.place}.rank", _NOT_POSITIVE)
                rank = None
            before, _ = listed.get(resource.place, (inf, resource))
            listed[resource.place] = (min(rank or inf, before), resource)
    return listed


def _is_to(
    encounter: Element,
    reference: Element,
    known: Mapping[str, Element],
    identifiers: Collection[str],
) -> bool:
    """Return whether a reference is to the Encounter, or to none at all."""
    if reference.text("reference"):
        found = resolve(reference, known)
        return found is not None and found.place == encounter.place
    identifier = reference.object("identifier").text("value")
    return not identifier or identifier in identifiers


def _add_resource(
    extracted: Extracted, resource: Element, classification: Classification, details: _Details
) -> None:
    """Add the codes of a Procedure or Condition, unless it says that it is not to be coded."""
    verification = resource.object("verificationStatus").objects("coding")
    if _NOT_TO_BE_CODED & {resource.text("status"), *(each.text("code") for each in verification)}:
        message = "was not done, is refuted or was entered in error, and was left out"
        extracted.remark(resource.place, message)
        return
    period = resource.object("performedPeriod")
    for element, name in ((resource, "performedDateTime"), (period, "start")):
        if (day := element.get(name)) is not None:
            details = {"date": (day, f"{element.place}.{name}")} | details
    _add_codes(extracted, resource.object("code"), classification, details)


def _add_codes(
    extracted: Extracted, concept: Element, classification: Classification, details: _Details
) -> None:
    codings = codings_of(concept, classification)
    if not codings:
        message = f"has no code of {classification.title}, and was left out"
        extracted.leave_out(classification.list_name, concept.place, message)
    for index, coding in enumerate(codings):
        entry = details
        if "position" in details:
            sequence, place = details["position"]
            entry = details | {"position": (_position(sequence, index), place)}
        code, place = coding.get("code"), f"{coding.place}.code"
        extracted.add(classification.list_name, code, place, **entry)


def _position(sequence: Any, index: int) -> int | None:  # noqa: ANN401  # any JSON value
    """Return the position of one of the codes that share a place in the sequence of a Claim.

    0, which is no position, if the place is not a whole number from 1.
    """
    if sequence is None:
        return None
    return sequence * CODES_IN_A_LIST + index if _is_positive(sequence) else 0


def _is_positive(number: object) -> bool:
    return type(number) is int and number > 0


def _put_identity(
    extracted: Extracted, resource: Element, provider: str, known: Mapping[str, Element]
) -> None:
    for element in (*resource.objects("identifier")[:1], resource):
        name = "id" if element is resource else "value"
        found, place = element.get(name), f"{element.place}.{name}"
        if found is not None:
            break
    extracted.put("episode_id", found, place)
    reference = resource.object(provider)
    code, place = organisation_code(reference, resolve(reference, known))
    extracted.put("provider_code", code, place)


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
