"""The records of a JSON array: its elements, found without parsing them."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.cli.reading.partial import BLANKS, Partial, Value
from streams.errors import OperatorError

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
WITHIN_ELEMENT: Final = re.compile(rb'(?:[^"{}\[\]]++|%b)*+' % _STRING, re.DOTALL)
_BETWEEN_ELEMENTS: Final = re.compile(rb'(?:[^"{}\[\],]++|%b)*+' % _STRING, re.DOTALL)
WITHIN_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


def split_array(pieces: Iterable[bytes], max_bytes: int, source: str) -> Iterator[list[Value]]:
    """Split at the commas between elements, whatever these are; raises OperatorError."""
    array = _Array(max_bytes)
    for piece in pieces:
        yield array.feed(piece)
    if not array.closed:
        yield array.rest()
        message = f"{source}: the JSON array ends without its closing bracket; get the whole file"
        raise OperatorError(message)
    if array.rest():
        message = f"{source}: there is text after the JSON array; use one file for each array"
        raise OperatorError(message)


class _Array:
    """The state of reading an array."""

    def __init__(self, max_bytes: int) -> None:
        self.closed = False
        self._opened = False
        self._empty = True
        self._depth = 0
        self._in_string = False
        self._unread = b""
        self._partial = Partial(max_bytes, trailing=BLANKS)

    def feed(self, piece: bytes) -> list[Value]:
        """Read the next piece, and return the elements that end in it."""
        content = self._unread + piece
        self._unread = b""
        if not self._opened:
            content = content.lstrip(BLANKS)
            self._opened = bool(content)
            content = content[1:]
        values: list[Value] = []
        start = 0
        for end in self._ends(content):
            self._add(content[start:end])
            start = end + 1
            if not self.closed or not self._empty or self._partial:
                values.append(self._partial.take())
                self._empty = False
        self._add(content[start : len(content) - len(self._unread)])
        return values

    def rest(self) -> list[Value]:
        """Return what follows the last complete element."""
        self._add(self._unread)
        return [self._partial.take()] if self._partial else []

    def _add(self, piece: bytes) -> None:
        self._partial.add(piece if self._partial else piece.lstrip(BLANKS))

    def _ends(self, content: bytes) -> Iterator[int]:
        """Find the commas between elements and the closing bracket."""
        position = 0
        while not self.closed:
            position = self._skip(content, position)
            if position == len(content):
                return
            match content[position : position + 1]:
                case b'"':
                    self._in_string = not self._in_string
                case b"\\":
                    self._unread = b"\\"
                    return
                case b"{" | b"[":
                    self._depth += 1
                case b",":
                    yield position
                case b"]" if not self._depth:
                    self.closed = True
                    yield position
                case _:
                    self._depth = max(self._depth - 1, 0)
            position += 1

    def _skip(self, content: bytes, position: int) -> int:
        """Skip to the next structural character, over whole strings."""
        if self._in_string:
            pattern = WITHIN_STRING
        elif self._depth:
            pattern = WITHIN_ELEMENT
        else:
            pattern = _BETWEEN_ELEMENTS
        skipped = pattern.match(content, position)
        return skipped.end() if skipped else position
