"""Values that are too large to be kept in memory as they are."""

from collections.abc import Callable, Iterator
from typing import Final

from zstandard import ZstdCompressor, ZstdDecompressor

PIECE_BYTES: Final = 262_144
"""How much of a packed value is in memory at once while it is read."""

LEVEL: Final = 1
"""zstd's fastest: what is packed had been compressed when it came."""


Read = Callable[[int], bytes]
"""Reads up to so many bytes; none at the end."""


class Packed:
    """Bytes kept in compressed form, with the length that they have uncompressed."""

    __slots__ = ("_frame", "_size")

    def __init__(self, read: Read, size: int) -> None:
        """Read exactly `size` bytes. Raises EOFError where there are fewer."""
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
        """Return the length that the value has uncompressed, in bytes."""
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """Read the value piece by piece."""
        yield from ZstdDecompressor().read_to_iter(self._frame, write_size=PIECE_BYTES)

    def __bytes__(self) -> bytes:
        """Return the value whole."""
        return b"".join(self)
