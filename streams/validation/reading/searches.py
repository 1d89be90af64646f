"""Searches of the bytes of a record, for what a parser accepts and does not report."""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter

_ODD_TEXT: Final = r"NaN|Infinity|\\u"
_RARE_NAMES: Final = 'withdrawn"|position"'
_IN_SCOPE: Final = r'[Vv]44\.?[46"]'


def _search(pattern: str) -> Callable[[bytes], bool]:
    """Return a search for several words at once: pydantic's is six times as fast as `in`."""
    text = Annotated[str, StringConstraints(pattern=pattern)]
    return TypeAdapter(text).validator.isinstance_python


holds_odd_text = _search(_ODD_TEXT)
"""Whether a parser may have read NaN or Infinity, or a name that is written otherwise."""

is_unusual = _search(f"{_ODD_TEXT}|{_RARE_NAMES}")
"""Whether a record may hold odd text, or names that few records have."""

better_read_whole = _search(f"{_ODD_TEXT}|{_RARE_NAMES}|{_IN_SCOPE}")
"""Whether a record is unusual or, as far as a glance can tell, in scope."""


def may_repeat_names(value: bytes, names: int) -> bool:
    """Return whether a name that matters may be given twice: a parser takes the last value.

    `names` is how often a parser found `code` and `date` in the entries of both lists.
    False positives are possible, false negatives are not.
    """
    count = value.count
    return (
        count(b'"episode_id"') != 1
        or count(b'"provider_code"') != 1
        or count(b'"procedures"') > 1
        or (names > 0 and count(b'"code"') + count(b'"date"') > names)
    )
