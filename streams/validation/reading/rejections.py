"""Rejections, and the wording that several of them share."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection
from streams.validation.reading.hints import Hint

REQUIRED: Final = "is required"
REPEATED: Final = "is given more than once"
NOT_TEXT: Final = "should be text"
NOT_AN_OBJECT: Final = "should be an object"


def reject(
    reason: Reason,
    faults: Iterable[Fault],
    hint: Hint | None = None,
    identity: Mapping[str, str] | None = None,
) -> Rejection:
    """Return the rejection of a record, with the first faults and what identifies it."""
    return Rejection(
        reason=reason,
        hint=hint and hint.text,
        errors=tuple(islice(faults, MAX_FAULTS)),
        **(identity or {}),
    )
