"""Splitting the pieces of a file into records, each with its original bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pydantic_core import from_json

from streams.cli.reading.array import split_array
from streams.cli.reading.lines import split_lines
from streams.cli.reading.partial import BLANKS, Value
from streams.cli.reading.shape import Shape, tell_shape

WINDOW_BYTES: Final = 1_048_576
"""Maximum number of bytes examined to recognise the shape of a file."""

CHUNK_RECORDS: Final = 500
"""Maximum number of records in a chunk."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OPENING: Final = re.compile(rb"[ \t\r\n]*+[\[{]")
_FIRST_LINE: Final = re.compile(rb"[ \t\r\n]*+(\{[^\n]*+)\n")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records of one file."""

    source: str
    shape: Shape
    first: int
    """Number of the first record within its file, counted from 1."""
    values: list[Value]

    def where(self, index: int) -> str:
        """Return the position of the record at an index of this chunk."""
        match self.shape:
            case Shape.LINES:
                return f"{self.source}:{self.first + index}"
            case Shape.ARRAY:
                return f"{self.source}, element {self.first + index}"
            case Shape.OBJECT:
                return self.source


def read_records(source: str, pieces: Iterator[bytes], max_bytes: int) -> Iterator[Chunk]:
    """Split the content of a file into records; raises OperatorError if an array is incomplete.

    The records do not depend on how the content is split into pieces.
    A record over `max_bytes` is not kept in memory.
    """
    head, whole = _read_head(pieces)
    bare = head.removeprefix(_BYTE_ORDER_MARK)
    shape = tell_shape(bare if whole else bare[:WINDOW_BYTES], whole=whole)
    if shape is Shape.ARRAY:
        head = bare
    first = 1
    for values in _split(shape, chain([head], pieces), max_bytes, source):
        for start in range(0, len(values), CHUNK_RECORDS):
            chunk = Chunk(source, shape, first, values[start : start + CHUNK_RECORDS])
            first += len(chunk.values)
            yield chunk


def _split(
    shape: Shape, pieces: Iterator[bytes], max_bytes: int, source: str
) -> Iterator[list[Value]]:
    match shape:
        case Shape.LINES:
            return split_lines(pieces, max_bytes)
        case Shape.ARRAY:
            return split_array(pieces, max_bytes, source)
        case Shape.OBJECT:
            return iter([[piece.strip(BLANKS)] for piece in pieces])


def _read_head(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return enough to recognise the shape, and whether it is the whole content."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= WINDOW_BYTES or _is_lines(head):
            return head, False
    return head, True


def _is_lines(head: bytes) -> bool:
    """Return whether this is certainly lines, so that a slow source need not fill the window."""
    if _BYTE_ORDER_MARK.startswith(head[: len(_BYTE_ORDER_MARK)]):
        head = head[len(_BYTE_ORDER_MARK) :]
    if not _OPENING.match(head):
        return bool(head.strip(BLANKS))
    first_line = _FIRST_LINE.match(head)
    if not first_line:
        return False
    try:
        from_json(first_line[1])
    except ValueError:
        return False
    return True
