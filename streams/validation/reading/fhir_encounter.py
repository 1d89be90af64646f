"""The Procedures and Conditions of the Encounter in a FHIR Bundle, in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final, NamedTuple

from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.fhir_coded import (
    Certainty,
    Coded,
    certainty,
    coded_resource,
    codes_in,
    is_positive,
)
from streams.validation.reading.fhir_elements import Element, Name, is_search, resolve

NOT_HERE: Final = "refers to a resource that is not here, and was left out"
_NO_SUCH_ENCOUNTER: Final = "refers to an Encounter that is not here"
_NOT_POSITIVE: Final = "is not a whole number from 1, and was left out"
_COMORBIDITY: Final = "cm"


class _Listed(NamedTuple):
    """A Condition, as an Encounter may list it."""

    resource: Element
    role: Certainty = Certainty.UNSTATED
    rank: float = inf
    comorbidity: bool = False


@dataclass(slots=True)
class Stay:
    """An Encounter, and how resources may refer to it."""

    extracted: Extracted
    encounter: Element
    known: Mapping[Name, Element]
    kinds_of_names: set[type] = field(init=False)
    """Text if it has an address, a tuple if it has an identifier."""

    def __post_init__(self) -> None:
        """Find out how resources may refer to the Encounter."""
        self.kinds_of_names = {
            type(name) for name, each in self.known.items() if each.place == self.encounter.place
        }

    def procedures(self, resources: Iterable[Element]) -> list[Coded]:
        """Return the Procedures that are of the Encounter."""
        return [coded_resource(each, {}) for each in resources if self._has(each, PROCEDURES)]

    def conditions(self, resources: Iterable[Element]) -> list[Coded]:
        """Return the Conditions that the Encounter lists or that are of it, by their ranks."""
        listed = self._listed()
        by_place = {each.place: _Listed(each) for each in resources} | listed
        ordered = sorted(by_place.values(), key=lambda each: (each.rank, each.comorbidity))
        return [
            coded_resource(each.resource, {}, each.role)
            for each in ordered
            if each.resource.place in listed or self._has(each.resource, DIAGNOSES)
        ]

    def _listed(self) -> dict[str, _Listed]:
        """Return the Conditions that the Encounter lists as its diagnoses, by place.

        One may have a rank in each of several roles: the first in the most certain of them counts.
        """
        listed: dict[str, _Listed] = {}
        for item in self.encounter.objects("diagnosis"):
            reference = item.object("condition")
            resource = resolve(reference, self.known, "Condition")
            if resource is None:
                self.extracted.leave_out(DIAGNOSES, reference.place, NOT_HERE)
            elif resource.text("resourceType") == "Condition":
                uses = item.objects("use")
                comorbidity = any(_COMORBIDITY in codes_in(each) for each in uses)
                found = _Listed(resource, certainty(uses), self._rank(item), comorbidity)
                before = listed.get(resource.place, found)
                listed[resource.place] = min(before, found, key=lambda each: each[1:])
        return listed

    def _rank(self, item: Element) -> float:
        rank = item.get("rank")
        if rank is not None and not is_positive(rank):
            self.extracted.remark(f"{item.place}.rank", _NOT_POSITIVE)
            rank = None
        return rank or inf

    def _has(self, resource: Element, list_name: str) -> bool:
        """Return whether a resource is of the Encounter, or says of none; remark if it is not.

        Where the Encounter has no name of the kind that is referred to, it is taken to be meant.
        """
        reference = resource.object("encounter")
        url = reference.text("reference")
        if not (url or reference.object("identifier").text("value")):
            return True
        if found := resolve(reference, self.known, "Encounter"):
            if found.place == self.encounter.place:
                return True
            message = "is of another Encounter, and was left out"
            self.extracted.leave_out(list_name, resource.place, message)
            return False
        if (str if url and not is_search(url) else tuple) in self.kinds_of_names:
            message = f"{_NO_SUCH_ENCOUNTER}, and was left out"
            self.extracted.leave_out(list_name, reference.place, message)
            return False
        message = f"{_NO_SUCH_ENCOUNTER}, and was read as of the one that is"
        self.extracted.remark(reference.place, message)
        return True
