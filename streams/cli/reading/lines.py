"""The records of JSON lines."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Final

from streams.cli.reading.partial import BLANKS, Oversized, Partial, Value

_BLANK_LINES: Final = 1000
"""Maximum number of blank lines in one list."""


def split_lines(pieces: Iterable[bytes], max_bytes: int) -> Iterator[list[Value]]:
    """Split at line ends. A blank line is an empty record, unless only blank lines follow."""
    blank = 0
    for lines in _all_lines(pieces, max_bytes):
        values = [b"" if _is_blank(line) else line for line in lines]
        end = len(values)
        while end and values[end - 1] == b"":
            end -= 1
        if end:
            yield from _blank_lines(blank)
            yield values[:end]
            blank = 0
        blank += len(values) - end


def _all_lines(pieces: Iterable[bytes], max_bytes: int) -> Iterator[list[Value]]:
    partial = Partial(max_bytes, trailing=b"\r")
    for piece in pieces:
        first, *others = piece.split(b"\n")
        partial.add(first)
        if others:
            *complete, last = others
            yield [partial.take(), *(line.rstrip(b"\r") for line in complete)]
            partial.add(last)
    yield [partial.take()]


def _is_blank(line: Value) -> bool:
    return not isinstance(line, Oversized) and not line.strip(BLANKS)


def _blank_lines(count: int) -> Iterator[list[Value]]:
    for start in range(0, count, _BLANK_LINES):
        yield list(repeat(b"", min(_BLANK_LINES, count - start)))
