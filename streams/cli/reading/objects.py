"""The records of JSON objects that follow one another, each on any number of lines."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.cli.reading.array import WITHIN_ELEMENT, WITHIN_STRING
from streams.cli.reading.partial import BLANKS, Partial, Value

_LINE_PARTS: Final = re.compile(rb"[^\n]*\n|[^\n]+")
_BEFORE_VALUE: Final = (b"[", b",", b":")
"""What may stand before an object within another one."""

Numbered = tuple[int, Value]
"""A record, and the number of the line on which it begins."""


def split_objects(pieces: Iterable[bytes], max_bytes: int) -> Iterator[list[Numbered]]:
    """Split behind the bracket that closes an object; a line between objects is a record too.

    An object that breaks off ends where another one begins that cannot be a part of it.
    """
    objects = _Objects(max_bytes)
    for piece in pieces:
        yield objects.feed(piece)
    yield objects.rest()


class _Objects:
    """The state of reading objects."""

    def __init__(self, max_bytes: int) -> None:
        self._line = self._first_line = 1
        self._depth = 0
        self._in_string = False
        self._unread = b""
        self._before = b""
        """The last byte that is not blank."""
        self._partial = Partial(max_bytes, trailing=BLANKS)

    def feed(self, piece: bytes) -> list[Numbered]:
        """Read the next piece, and return the records that end in it."""
        content = self._unread + piece
        self._unread = b""
        return [record for part in _LINE_PARTS.findall(content) for record in self._read(part)]

    def rest(self) -> list[Numbered]:
        """Return what was read of the present record, if anything, and begin the next one."""
        self._add(self._unread)
        self._depth = 0
        return [(self._first_line, self._partial.take())] if self._partial else []

    def _read(self, part: bytes) -> Iterator[Numbered]:
        """Read a part of one line."""
        start = position = 0
        while True:
            skipped = (WITHIN_STRING if self._in_string else WITHIN_ELEMENT).match(part, position)
            position = skipped.end() if skipped else position
            match part[position : position + 1]:
                case b"":
                    break
                case b'"':
                    self._in_string = not self._in_string
                case b"\\":  # the first half of an escape, at the end of a piece
                    self._unread, part = part[position:], part[:position]
                    break
                case b"{" | b"[" as bracket:
                    if bracket == b"{" and not self._may_open(part[start:position]):
                        self._add(part[start:position])
                        yield from self.rest()
                        start = position
                    self._depth += 1
                case _:
                    self._depth = max(self._depth - 1, 0)
                    if not self._depth:
                        self._add(part[start : position + 1])
                        yield from self.rest()
                        start = position + 1
            position += 1
        self._add(part[start:])
        if part.endswith(b"\n"):
            self._line += 1
            self._in_string = False
            if not self._depth:
                yield from self.rest()

    def _may_open(self, text: bytes) -> bool:
        """Return whether an object behind a text on this line belongs to the present record."""
        if not self._depth:
            return not self._partial and not text.strip(BLANKS)
        return (text.rstrip(BLANKS)[-1:] or self._before) in _BEFORE_VALUE

    def _add(self, text: bytes) -> None:
        if not self._partial:
            text = text.lstrip(BLANKS)
            self._first_line = self._line
        self._partial.add(text)
        self._before = text.rstrip(BLANKS)[-1:] or self._before
