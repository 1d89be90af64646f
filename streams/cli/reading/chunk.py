"""Consecutive records of one file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Rejection
from streams.cli.reading.partial import Oversized, Value
from streams.cli.reading.shape import Shape
from streams.validation.reading import read_episode, too_large
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields

Content = Value | Episode | Withdrawal | Rejection
"""The bytes of a record, or what was read of a row that is no record by itself."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records of one file."""

    source: str
    shape: Shape
    numbers: Sequence[int]
    """Number of each record, counted from 1: that of its element or of its first line."""
    values: Sequence[Content]
    out_of_scope: int = field(default=0, kw_only=True)
    """Number of records that are out of scope, and of which no more is known."""

    def where(self, index: int) -> str:
        """Return the position of the record at an index of this chunk."""
        number = self.numbers[index]
        if self.shape is Shape.ARRAY:
            return f"{self.source}, element {number}"
        return f"{self.source}:{number}"

    def unpack(self, *, whole: bool = True) -> "Chunk":  # noqa: ARG002  # for those it matters to
        """Return the chunk with its records, which may take work that is left for here.

        Unless `whole`, records that are out of scope may only be counted.
        """
        return self


def read_content(
    content: Content, max_bytes: int, hl7: Hl7Fields = HL7_FIELDS
) -> Episode | Withdrawal | Rejection:
    """Return what a record is."""
    match content:
        case bytes():
            return read_episode(content, max_bytes, hl7=hl7)
        case Oversized():
            return too_large(content.size_bytes, max_bytes)
        case _:
            return content
