"""The records of a file of HL7 v2 messages, whatever ends their segments."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.cli.reading.partial import BLANKS, Partial, Value
from streams.validation.reading.hl7_message import BATCHES, BEFORE_MESSAGE, MESSAGE

_AROUND: Final = BLANKS + b"\x0b\x1c"
"""Blanks, and what MLLP puts around a message."""

_LINE_PARTS: Final = re.compile(rb"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
_OPENINGS: Final = (MESSAGE, *BATCHES)
_OTHER_RECORD: Final = re.compile(
    rb'\{[ \t]*+["\r\n]|<(?:\?xml[^>]*>\s*<)?(?:\w+:)?CDS(?:-|NetChange-|BulkGroup-|Message[ >])'
)
"""Begins a line of JSON or CDS XML, and hardly one of a letter that stands within a message."""

_BATCH: Final = (b"FHS", b"BHS", b"BTS", b"FTS")
"""Segments around the messages of a batch or a file."""

_OPENING_BYTES: Final = 128
"""Maximum number of bytes, framing included, by which a line is recognised."""


def may_begin_message(head: bytes) -> bool:
    """Return whether a head is too short to know that no message begins."""
    bare = head.lstrip(BEFORE_MESSAGE)
    return len(bare) < len(MESSAGE) and any(each.startswith(bare) for each in _OPENINGS)


def split_messages(pieces: Iterable[bytes], max_bytes: int) -> Iterator[list[tuple[int, Value]]]:
    """Split before each MSH segment, and each line of JSON or CDS XML.

    Each record has the number of the line it begins on.
    """
    messages = _Messages(max_bytes)
    for piece in pieces:
        yield messages.feed(piece)
    yield messages.rest()


class _Messages:
    """The state of reading messages."""

    def __init__(self, max_bytes: int) -> None:
        self._line = self._first_line = 1
        self._at_start = True
        self._left_out = False
        """Whether the present line is one around messages."""
        self._unread = b""
        self._partial = Partial(max_bytes, trailing=_AROUND)

    def feed(self, piece: bytes) -> list[tuple[int, Value]]:
        """Read the next piece, and return the messages that end in it."""
        content = self._unread + piece
        parts = _LINE_PARTS.findall(content)
        self._unread = b""
        if content.endswith(b"\r"):  # perhaps half of a line end
            parts[-1] = parts[-1][:-1]
            self._unread = b"\r"
        if parts and not parts[-1].endswith(b"\n") and len(parts[-1]) < _OPENING_BYTES:
            self._unread = parts.pop() + self._unread
        return [message for part in parts for message in self._read(part)]

    def rest(self) -> list[tuple[int, Value]]:
        """Return what was not returned so far."""
        return [*self._read(self._unread), *self._take()]

    def _read(self, part: bytes) -> Iterator[tuple[int, Value]]:
        """Read a line, or a part of one."""
        if self._at_start:
            head = part[:_OPENING_BYTES]
            opening = head.lstrip(BEFORE_MESSAGE)
            self._left_out = opening[:3] in _BATCH and opening[3:4] in b"|\r\n"
            if opening.startswith(MESSAGE) or _OTHER_RECORD.match(head):
                yield from self._take()
        if not self._left_out:
            self._add(part)
        self._at_start = part.endswith((b"\r", b"\n"))
        self._line += self._at_start

    def _take(self) -> list[tuple[int, Value]]:
        return [(self._first_line, self._partial.take())] if self._partial else []

    def _add(self, part: bytes) -> None:
        if not self._partial:
            part = part.lstrip(BEFORE_MESSAGE)
            self._first_line = self._line
        self._partial.add(part)
