"""A record read piece by piece, of any size."""

from dataclasses import dataclass
from typing import Final

BLANKS: Final = b" \t\r\n"
"""The whitespace of JSON."""


@dataclass(frozen=True, slots=True)
class Oversized:
    """A record over the limit, of which only the size is kept."""

    size_bytes: int


Value = bytes | Oversized


class Partial:
    """The record being read: kept up to the limit, only measured beyond it."""

    def __init__(self, max_bytes: int, trailing: bytes) -> None:
        """Set the limit, and the bytes that do not count at the end of a record."""
        self._max_bytes = max_bytes
        self._trailing = trailing
        self._clear()

    def _clear(self) -> None:
        self._kept = bytearray()
        self._read_bytes = 0
        self._content_bytes = 0

    def add(self, piece: bytes) -> None:
        """Add the next piece of the record."""
        self._kept += piece[: self._max_bytes - len(self._kept)]
        if content := piece.rstrip(self._trailing):
            self._content_bytes = self._read_bytes + len(content)
        self._read_bytes += len(piece)

    def take(self) -> Value:
        """Return the record as read so far, and begin the next one."""
        size = self._content_bytes
        value = Oversized(size) if size > self._max_bytes else bytes(self._kept[:size])
        self._clear()
        return value

    def __bool__(self) -> bool:
        """Return whether anything but trailing bytes was read."""
        return self._content_bytes > 0
