"""JSON, read strictly and with every member of its objects, repeated ones included."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import from_json

_DIGITS_CONVERTED: Final = 640
"""Most digits of a whole number that Python converts, however it is configured."""


class Members(list[tuple[str, Any]]):
    """The members of a JSON object in their order, repeated ones included."""

    def given_once(self) -> dict[str, Any]:
        """Return the members whose name is given once."""
        members = dict(self)
        for name in self.repeated(tuple(members)):
            del members[name]
        return members

    def repeated(self, names: Iterable[str]) -> list[str]:
        """Return those of `names` that are given more than once."""
        if len(dict(self)) == len(self):
            return []
        counts = Counter(name for name, _ in self)
        return [name for name in names if counts[name] > 1]


def read_json(text: bytes) -> Any:  # noqa: ANN401  # any JSON value, its objects as Members
    """Read JSON, its objects as Members. Raises ValueError, with line and column at its end."""
    # Python's own parser accepts what is not JSON, so pydantic's looks first.
    from_json(text, allow_inf_nan=False)
    return json.loads(text.decode(), object_pairs_hook=Members, parse_int=_whole_number)


def _whole_number(digits: str) -> int | float:
    """Convert digits; more of them than Python may convert are no whole number to anybody."""
    return int(digits) if len(digits) <= _DIGITS_CONVERTED else float(digits)
