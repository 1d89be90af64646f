"""FHIR JSON, element by element, each with its place; and references between resources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streams.validation.reading.json_text import repeated
from streams.validation.reading.rejections import NOT_AN_OBJECT, REPEATED

_LONGEST_LIST: Final = 10_000
"""Entries of a list that is read: more than any record within the limit of bytes needs."""


@dataclass(frozen=True, slots=True)
class Element:
    """An object within a resource, or the resource itself."""

    members: dict[str, Any]
    place: str
    faults: dict[str, str]
    """By place, what cannot be read; shared by all elements of a record."""

    def get(self, name: str) -> Any:  # noqa: ANN401  # any JSON value
        """Return a member; None if it is absent or, which is a fault, given more than once."""
        if repeated(self.members, [name]):
            self.refuse(name, REPEATED)
            return None
        return self.members.get(name)

    def text(self, name: str) -> str:
        """Return a member that is text, or an empty text."""
        found = self.get(name)
        return found if isinstance(found, str) else ""

    def object(self, name: str) -> "Element":
        """Return a member that is an object; empty if it is absent."""
        found = self.get(name)
        if found is not None and not isinstance(found, dict):
            self.refuse(name, NOT_AN_OBJECT)
        members = found if isinstance(found, dict) else {}
        return Element(members, f"{self.place}.{name}", self.faults)

    def objects(self, name: str) -> list["Element"]:
        """Return the objects of a list, or one object in its place."""
        found = self.get(name)
        if found is None:
            return []
        if isinstance(found, dict):
            return [self.object(name)]
        if not isinstance(found, list):
            self.refuse(name, "should be a list")
            return []
        if len(found) > _LONGEST_LIST:
            self.refuse(name, f"should have at most {_LONGEST_LIST} entries")
            return []
        elements = []
        for index, each in enumerate(found):
            if isinstance(each, dict):
                elements.append(Element(each, f"{self.place}.{name}[{index}]", self.faults))
            else:
                self.refuse(f"{name}[{index}]", NOT_AN_OBJECT)
        return elements

    def refuse(self, name: str, message: str) -> None:
        """Say what is wrong with a member."""
        self.faults[f"{self.place}.{name}"] = message


def contained(resource: Element) -> dict[str, Element]:
    """Return the resources within a resource, by the reference to each."""
    return {f"#{each.text('id').lstrip('#')}": each for each in resource.objects("contained")}


def referable(entries: Iterable[Element]) -> dict[str, Element]:
    """Return the resources of a Bundle, by the references to each."""
    known: dict[str, Element] = {}
    for entry in entries:
        resource = entry.object("resource")
        url = entry.text("fullUrl")
        for name in (url, _relative(url), f"{resource.text('resourceType')}/{resource.text('id')}"):
            known.setdefault(name, resource)
    return known


def resolve(reference: Element, known: Mapping[str, Element]) -> Element | None:
    """Return the resource that a reference refers to, whatever version of it; None if unknown."""
    url, _, _ = reference.text("reference").partition("/_history/")
    return (known.get(url) or known.get(_relative(url))) if url else None


def _relative(url: str) -> str:
    """Return a reference without the address of a server: `Encounter/1`."""
    return "/".join(url.rsplit("/", 2)[-2:])
