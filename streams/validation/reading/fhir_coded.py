"""What is to be coded of a FHIR resource: its procedures or diagnoses, without provisional ones."""

from collections.abc import Callable, Iterable
from enum import IntEnum
from operator import attrgetter
from typing import Any, Final, NamedTuple

from schemas.episode import CODES_IN_A_LIST
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.fhir_codes import Classification, codings_of, is_of_unknown_system
from streams.validation.reading.fhir_elements import Element

Details = dict[str, tuple[object, str]]
"""Date and position of a code, each with its place."""

_NOT_TO_BE_CODED: Final = frozenset({"entered-in-error", "not-done", "preparation", "refuted"})
_PROVISIONAL: Final = frozenset(
    {"ad", "cc", "pre-op", "admitting", "provisional", "differential", "unconfirmed"}
)
"""Roles of a diagnosis in an Encounter, its types in a Claim, and statuses of a Condition."""


class Certainty(IntEnum):
    """How certain a diagnosis is, by one of its roles or by its status."""

    DEFINITE = 0
    UNSTATED = 1
    PROVISIONAL = 2


class Coded(NamedTuple):
    """A procedure or diagnosis."""

    source: Element
    """The resource, or the entry of a Claim, that holds it."""
    concept: Element
    details: Details
    role: Certainty = Certainty.UNSTATED

    @property
    def status(self) -> Certainty:
        """Return how certain the resource says that it is."""
        return certainty([self.source.object("verificationStatus")])


def coded_resource(
    resource: Element, details: Details, role: Certainty = Certainty.UNSTATED
) -> Coded:
    """Return what a Procedure or Condition says, with its date if there is no other."""
    period = resource.object("performedPeriod")
    for element, name in ((resource, "performedDateTime"), (period, "start")):
        if (day := element.get(name)) is not None:
            details = {"date": (day, f"{element.place}.{name}")} | details
    return Coded(resource, resource.object("code"), details, role)


def codes_in(concept: Element) -> set[str]:
    """Return the codes of a concept, in small letters."""
    return {each.text("code").lower() for each in concept.objects("coding")} - {""}


def certainty(concepts: Iterable[Element]) -> Certainty:
    """Return the greatest certainty that several roles, types or statuses give."""
    found = [codes for each in concepts if (codes := codes_in(each))]
    if not found:
        return Certainty.UNSTATED
    provisional = all(_PROVISIONAL & codes for codes in found)
    return Certainty.PROVISIONAL if provisional else Certainty.DEFINITE


def is_positive(number: object) -> bool:
    """Return whether a JSON value is a whole number from 1."""
    return type(number) is int and number > 0


def add_all(extracted: Extracted, found: Iterable[Coded], classification: Classification) -> None:
    """Add the codes of procedures or diagnoses, but for those that are not to be coded."""
    coded = [each for each in found if _is_to_be_coded(extracted, each.source)]
    by_role: Callable[[Coded], Certainty] = attrgetter("role")
    for measure in (by_role, attrgetter("status")):
        coded = _without_provisional(extracted, coded, classification, measure)
    for each in coded:
        _add_codes(extracted, each, classification)


def _is_to_be_coded(extracted: Extracted, resource: Element) -> bool:
    statuses = codes_in(resource.object("verificationStatus")) | {resource.text("status")}
    if _NOT_TO_BE_CODED & statuses:
        message = "was not done, is refuted or was entered in error, and was left out"
        extracted.remark(resource.place, message)
        return False
    return True


def _without_provisional(
    extracted: Extracted,
    found: list[Coded],
    classification: Classification,
    measure: Callable[[Coded], Certainty],
) -> list[Coded]:
    """Return diagnoses without provisional ones, if there are definite ones."""
    measured = [(measure(each), each) for each in found]
    if not any(degree is Certainty.DEFINITE for degree, _ in measured):
        return found
    for degree, each in measured:
        if degree is Certainty.PROVISIONAL:
            message = "is provisional beside others, and was left out"
            extracted.leave_out(classification.list_name, each.source.place, message)
    return [each for degree, each in measured if degree is not Certainty.PROVISIONAL]


def _add_codes(extracted: Extracted, coded: Coded, classification: Classification) -> None:
    codings = codings_of(coded.concept, classification)
    if not codings:
        message = f"has no code of {classification.title}, and was left out"
        extracted.leave_out(classification.list_name, coded.concept.place, message)
    for index, coding in enumerate(codings):
        entry = coded.details
        if "position" in entry:
            sequence, place = entry["position"]
            entry = entry | {"position": (_position(sequence, index), place)}
        code, place = coding.get("code"), f"{coding.place}.code"
        extracted.add(classification.list_name, code, place, **entry)
        if is_of_unknown_system(coding, classification):
            message = f"is of an unknown coding system, and was read as {classification.title}"
            extracted.remark(place, message)


def _position(sequence: Any, index: int) -> int | None:  # noqa: ANN401  # any JSON value
    """Return the position of one of the codes that share a place in the sequence of a Claim.

    0, which is no position, if the place is not a whole number from 1.
    """
    if sequence is None:
        return None
    return sequence * CODES_IN_A_LIST + index if is_positive(sequence) else 0
