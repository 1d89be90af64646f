"""Compressed values, for those too large to keep in memory otherwise."""

from collections.abc import Callable, Iterator
from typing import Final

from zstandard import ZstdCompressor, ZstdDecompressor

PIECE_BYTES: Final = 262_144
"""Bytes of a packed value that are uncompressed in memory at once."""

LEVEL: Final = 1
"""zstd's fastest: a packed value was already compressed in the input."""


Read = Callable[[int], bytes]
"""Reads up to the given number of bytes; none at the end."""


class Packed:
    """Compressed bytes, and their uncompressed length."""

    __slots__ = ("_frame", "_size")

    def __init__(self, read: Read, size: int) -> None:
        """Read exactly `size` bytes. Raises EOFError if there are fewer."""
        compressor = ZstdCompressor(level=LEVEL).compressobj(size=size)
        frame, left = bytearray(), size
        while left:
            piece = read(min(left, PIECE_BYTES))
            if not piece:
                raise EOFError
            frame += compressor.compress(piece)
            left -= len(piece)
        frame += compressor.flush()
        self._frame = bytes(frame)
        self._size = size

    def __len__(self) -> int:
        """Return the uncompressed length in bytes."""
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """Read the value piece by piece."""
        yield from ZstdDecompressor().read_to_iter(self._frame, write_size=PIECE_BYTES)

    def __bytes__(self) -> bytes:
        """Return the whole value uncompressed."""
        return b"".join(self)
