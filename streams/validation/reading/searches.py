"""Searches of the bytes of a record, for what a parser accepts and does not report."""

from collections.abc import Callable
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter


def _search(pattern: str) -> Callable[[bytes], bool]:
    """Return a search for several words at once: pydantic's is six times as fast as `in`."""
    text = Annotated[str, StringConstraints(pattern=pattern)]
    return TypeAdapter(text).validator.isinstance_python


holds_rare_names = _search('"withdrawn"|"position"')
may_be_in_scope = _search(r'[Vv]44\.?[46"]')
"""Whether a record is better read whole at once; these codes may also be written otherwise."""

_holds_odd_text = _search(r"NaN|Infinity|\\u")


def may_mislead(value: bytes, objects: int, dated: int) -> bool:
    """Return whether the parser may have accepted what JSON forbids or leaves undefined.

    It accepts NaN and Infinity as numbers and, of a repeated name, takes the last value.
    `objects` is the number of entries with a `code`, `dated` that of those with a `date`.
    False positives are possible, false negatives are not.
    """
    count = value.count
    return (
        _holds_odd_text(value)
        or count(b'"episode_id"') != 1
        or count(b'"provider_code"') != 1
        or count(b'"procedures"') > 1
        or (objects > 0 and (count(b'"code"') > objects or count(b'"date"') > dated))
    )
