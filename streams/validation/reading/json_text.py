"""JSON, read strictly, and with the names that are given more than once in an object."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic_core import from_json

_DIGITS_CONVERTED: Final = 640
"""Most digits of a whole number that Python converts, however it is configured."""

_NAMES_THAT_MATTER: Final = tuple(
    f'"{name}"'.encode()
    for name in (
        *("episode_id", "provider_code", "procedures", "diagnoses", "withdrawn"),
        *("code", "date", "position", "payload", "op", "before", "after", "data"),
    )
)

_FHIR: Final = b'"resourceType"'
"""Names a resource, of which more names matter than are worth looking for."""


class Ambiguous(dict[str, Any]):
    """A JSON object in which names are given more than once, with the last value of each."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        super().__init__(members)
        counts = Counter(name for name, _ in members)
        self.repeated = frozenset(name for name, count in counts.items() if count > 1)


def read_json(text: bytes) -> Any:  # noqa: ANN401  # any JSON value
    """Read JSON. Raises ValueError, with line and column at its end.

    An object is Ambiguous where a name that matters is given in it more than once.
    """
    value = from_json(text, allow_inf_nan=False)
    odd = b"\\u" in text or _FHIR in text
    if odd or any(text.count(name) > 1 for name in _NAMES_THAT_MATTER):
        # Python's parser accepts what is not JSON, but pydantic's has just read this.
        return json.loads(text.decode(), object_pairs_hook=_object, parse_int=_whole_number)
    return value


def unambiguous(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an object whose name is given once."""
    if not isinstance(members, Ambiguous):
        return members
    return {name: value for name, value in members.items() if name not in members.repeated}


def repeated(members: Mapping[str, object], names: Iterable[str]) -> list[str]:
    """Return those of `names` that are given in an object more than once."""
    return [name for name in names if isinstance(members, Ambiguous) and name in members.repeated]


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    return value if len(value) == len(members) else Ambiguous(members)


def _whole_number(digits: str) -> int | float:
    """Convert digits; more of them than Python may convert are no whole number to anybody."""
    return int(digits) if len(digits) <= _DIGITS_CONVERTED else float(digits)
