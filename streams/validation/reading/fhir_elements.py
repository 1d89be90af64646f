"""FHIR JSON, element by element, each with its place; and references between resources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from streams.validation.reading.json_text import repeated
from streams.validation.reading.rejections import NOT_AN_OBJECT, REPEATED

_LONGEST_LIST: Final = 10_000
"""Entries of a list that is read: more than any record within the limit of bytes needs."""

_SEARCH: Final = "?identifier="

Name = str | tuple[str, ...]
"""What refers to a resource: an address, or its type and an identifier with or without system."""


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
        """Note what is wrong with a member."""
        self.faults[f"{self.place}.{name}"] = message


def contained(resource: Element) -> dict[Name, Element]:
    """Return the resources within a resource, by the reference to each."""
    return {f"#{each.text('id').lstrip('#')}": each for each in resource.objects("contained")}


def referable(entries: Iterable[Element]) -> dict[Name, Element]:
    """Return the resources of a Bundle, by the names of each."""
    known: dict[Name, Element] = {}
    for entry in entries:
        for name in _names(entry):
            known.setdefault(name, entry.object("resource"))
    return known


def _names(entry: Element) -> Iterator[Name]:
    """Yield what may refer to a resource. What is odd in identifiers is no fault: few are read."""
    resource = entry.object("resource")
    kind, own_id, url = resource.text("resourceType"), resource.text("id"), entry.text("fullUrl")
    if url:
        yield from (url, _relative(url))
    if own_id:
        yield from (f"{kind}/{own_id}", f"urn:uuid:{own_id}")
    for identifier in replace(resource, faults={}).objects("identifier"):
        if value := identifier.text("value"):
            yield from ((kind, identifier.text("system"), value), (kind, value))


def resolve(reference: Element, known: Mapping[Name, Element], kind: str) -> Element | None:
    """Return the resource that a reference refers to, whatever version of it; None if unknown.

    It may name one of the given kind by an identifier. The value of that counts, if need be.
    """
    url, _, _ = reference.text("reference").partition("/_history/")
    if url and (found := known.get(url) or known.get(_relative(url))):
        return found
    identifier = reference.object("identifier")
    system, value = identifier.text("system"), identifier.text("value")
    if is_search(url):
        address, _, searched = unquote(url).partition(_SEARCH)
        kind = address.rpartition("/")[2]
        system, _, value = searched.rpartition("|")
    return known.get((kind, system, value)) or known.get((kind, value))


def is_search(url: str) -> bool:
    """Return whether a reference searches for an identifier: `Encounter?identifier=1`."""
    return _SEARCH in url


def _relative(url: str) -> str:
    """Return a reference without the address of a server: `Encounter/1`."""
    return "/".join(url.rsplit("/", 2)[-2:])
