"""A record parser for batches whose content need not be in memory whole."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

import cramjam
import lz4.block
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBase, DefaultRecordBatch
from aiokafka.record.util import decode_varint
from zstandard import ZstdDecompressor, ZstdError

from streams.packed import PIECE_BYTES, Packed, Read
from streams.records import Header

PART_BYTES: Final = 1_048_576
"""Bytes of a batch decompressed at once; larger records are packed."""

PACKED_BYTES: Final = 262_144
"""Size above which key and value of such a record are packed."""

MOST_HEADERS: Final = 10_000
"""Limit on the headers of a record; one with more is read without any."""

VARINT_BYTES: Final = 10
"""Largest size of a varint."""

_SNAPPY_MAGIC: Final = b"\x82SNAPPY\0"
_SNAPPY_HEADER_BYTES: Final = 16
_LZ4_HEADER_BYTES: Final = 7
_LZ4_HAS_SIZE: Final = 0x08
_LZ4_HAS_BLOCK_CHECKSUMS: Final = 0x10
_LZ4_PLAIN: Final = 0x8000_0000
"""Marks a block that is not compressed; the other bits are its size."""

_DECOMPRESSION_ERRORS: Final = (
    *(EOFError, OSError, zlib.error),
    *(IndexError, lz4.block.LZ4BlockError, cramjam.DecompressionError, ZstdError),
)
_WRONG_LENGTH: Final = "a length does not match the content"


def _snappy_blocks(data: bytes) -> Iterator[bytes]:
    """Decompress snappy, raw or in the frames of snappy-java, of which there may be several.

    https://github.com/xerial/snappy-java#compatibility-notes
    """
    if not data.startswith(_SNAPPY_MAGIC):
        yield bytes(cramjam.snappy.decompress_raw(data))
        return
    at = 0
    while at < len(data):
        while data.startswith(_SNAPPY_MAGIC, at):
            at += _SNAPPY_HEADER_BYTES
        size = int.from_bytes(data[at : at + 4])
        at += 4 + size
        yield bytes(cramjam.snappy.decompress_raw(data[at - size : at]))


def _lz4_blocks(data: bytes) -> Iterator[bytes]:
    """Decompress an lz4 frame as brokers do: without verifying checksums or the content size.

    https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
    """
    flags = data[4]
    largest = 1 << (8 + 2 * (data[5] >> 4 & 7))
    at = _LZ4_HEADER_BYTES + (8 if flags & _LZ4_HAS_SIZE else 0)
    while word := int.from_bytes(data[at : at + 4], "little"):
        size = word & ~_LZ4_PLAIN
        block = data[at + 4 : at + 4 + size]
        yield block if word & _LZ4_PLAIN else lz4.block.decompress(block, uncompressed_size=largest)
        at += 4 + size + (4 if flags & _LZ4_HAS_BLOCK_CHECKSUMS else 0)


def _read_pieces(pieces: Iterator[bytes]) -> Read:
    """Return a function that reads the next piece, whatever size is requested."""
    return lambda _: next(filter(None, pieces), b"")


_DECOMPRESSORS: Final[dict[int, Callable[[bytes], Read]]] = {
    # `read1`, because `read` loses the data before an error.
    DefaultRecordBase.CODEC_GZIP: lambda data: gzip.GzipFile(fileobj=io.BytesIO(data)).read1,
    DefaultRecordBase.CODEC_SNAPPY: lambda data: _read_pieces(_snappy_blocks(data)),
    DefaultRecordBase.CODEC_LZ4: lambda data: _read_pieces(_lz4_blocks(data)),
    DefaultRecordBase.CODEC_ZSTD: lambda data: (
        ZstdDecompressor().stream_reader(data, read_across_frames=True).read
    ),
}


def decompressed(codec: int, data: bytes) -> Read:
    """Return a function that reads the content of a batch, decompressing little ahead."""
    return _DECOMPRESSORS[codec](data)


@dataclass(slots=True)
class ParsedRecord:
    """A record that aiokafka's parser rejects."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | Packed | None
    value: bytes | Packed | None
    headers: Sequence[Header]
    """Headers; bytes of names that are not UTF-8 are escaped (`surrogateescape`)."""


class RecordStream:
    """The content of a batch, of which only the part read ahead is in memory."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._ahead = b""
        self._at = 0
        self.consumed = 0
        """Bytes read so far."""

    def whole_records(self, most: int) -> tuple[int, int]:
        """Return the number of whole records in the next part, `most` at most, and their size.

        If there is none: 0, and the size of the next record.
        """
        self._read_ahead(PART_BYTES)
        begin, left = self._at, self._at + PART_BYTES
        if len(self._ahead) < left:
            return most, len(self._ahead) - begin
        number, end = 0, begin
        while number < most and end + VARINT_BYTES <= left:
            length, start = _decode_int(self._ahead, end)
            if length < 0:
                raise CorruptRecordException(_WRONG_LENGTH)
            if start + length > left:
                return (number, end - begin) if number else (0, start + length - begin)
            number, end = number + 1, start + length
        return number, end - begin

    def read(self, size: int, /) -> bytes:
        """Read exactly `size` bytes. Raises CorruptRecordException if there are fewer."""
        self._read_ahead(size)
        taken = self._ahead[self._at : self._at + size]
        if len(taken) != size:
            raise CorruptRecordException(_WRONG_LENGTH)
        self._at += size
        self.consumed += size
        return taken

    def read_int(self) -> int:
        """Read a 32-bit varint."""
        return self._number(_decode_int)

    def read_long(self) -> int:
        """Read a 64-bit varint."""
        return self._number(decode_varint)

    def _number(self, decode: Callable[[bytes, int], tuple[int, int]]) -> int:
        self._read_ahead(VARINT_BYTES)
        before = self._at
        number, self._at = decode(self._ahead, before)
        self.consumed += self._at - before
        return number

    def field(self, size: int, *, packs: bool = False) -> bytes | Packed | None:
        """Read a field of `size` bytes; a negative size means null."""
        if size < 0:
            return None
        return Packed(self.read, size) if packs and size > PACKED_BYTES else self.read(size)

    def skip(self, size: int) -> None:
        """Skip `size` bytes."""
        while size > 0:
            size -= len(self.read(min(size, PART_BYTES)))

    def _read_ahead(self, size: int) -> None:
        """Read ahead until `size` bytes are in memory, or all that are left."""
        if len(self._ahead) - self._at >= size:
            return
        pieces, left = [self._ahead[self._at :]], size - len(self._ahead) + self._at
        with suppress(*_DECOMPRESSION_ERRORS):  # anything may follow the last record
            while left > 0 and (piece := self._read(min(left, PIECE_BYTES))):
                pieces.append(piece)
                left -= len(piece)
        self._ahead, self._at = b"".join(pieces), 0


def read_record(content: RecordStream, batch: DefaultRecordBatch) -> ParsedRecord:
    """Parse a record; in one larger than a part, a large key or value is packed."""
    length = content.read_int()
    end = content.consumed + length
    content.read(1)  # attributes, unused so far
    timestamp = batch.first_timestamp + content.read_long()
    offset = batch.base_offset + content.read_int()
    packs = length > PART_BYTES
    key = content.field(content.read_int(), packs=packs)
    value = content.field(content.read_int(), packs=packs)
    headers = _read_headers(content, end)
    if content.consumed != end:
        raise CorruptRecordException(_WRONG_LENGTH)
    if batch.timestamp_type == DefaultRecordBase.LOG_APPEND_TIME:
        timestamp = batch.max_timestamp
    return ParsedRecord(offset, _wrapped(timestamp), batch.timestamp_type, key, value, headers)


def _read_headers(content: RecordStream, end: int) -> list[Header]:
    """Parse headers up to `end`; none if they are too many or too large."""
    too_large = end - content.consumed > PART_BYTES
    number = content.read_int()
    if too_large or number > MOST_HEADERS:
        content.skip(end - content.consumed)
        return []
    headers = []
    for _ in range(number):
        name = content.read(content.read_int()).decode(errors="surrogateescape")
        headers.append((name, cast("bytes | None", content.field(content.read_int()))))
    return headers


def _decode_int(data: bytes, at: int) -> tuple[int, int]:
    """Decode a 32-bit varint; higher bits are ignored, as in Java."""
    number, at = decode_varint(data, at)
    encoded = ((number << 1) ^ (number >> 63)) & 0xFFFF_FFFF
    return (encoded >> 1) ^ -(encoded & 1), at


def _wrapped(number: int) -> int:
    """Return a number wrapped to signed 64 bits."""
    return (number + 2**63) % 2**64 - 2**63
