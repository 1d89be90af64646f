"""Records parsed from a batch whose content need not be in memory whole."""

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
"""How much of a batch is decompressed at once; a record that is larger is packed."""

PACKED_BYTES: Final = 262_144
"""Size above which key and value of such a record are packed."""

MOST_HEADERS: Final = 10_000
"""How many headers a record may have; one with more is read without any."""

VARINT_BYTES: Final = 10
"""The most that a number takes."""

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
_TORN: Final = "its content is not as long as it says"


def _snappy_blocks(data: bytes) -> Iterator[bytes]:
    """Decompress snappy, bare or in the frames of snappy-java, of which several may follow.

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
    """Decompress a frame of lz4 as brokers do: they look at no checksum and at no content size.

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


def _reading(pieces: Iterator[bytes]) -> Read:
    """Return what reads one piece after the other, whatever is asked for."""
    return lambda _: next(filter(None, pieces), b"")


_DECOMPRESSORS: Final[dict[int, Callable[[bytes], Read]]] = {
    # `read1`, because `read` loses what it has got when it meets an error.
    DefaultRecordBase.CODEC_GZIP: lambda data: gzip.GzipFile(fileobj=io.BytesIO(data)).read1,
    DefaultRecordBase.CODEC_SNAPPY: lambda data: _reading(_snappy_blocks(data)),
    DefaultRecordBase.CODEC_LZ4: lambda data: _reading(_lz4_blocks(data)),
    DefaultRecordBase.CODEC_ZSTD: lambda data: (
        ZstdDecompressor().stream_reader(data, read_across_frames=True).read
    ),
}


def decompressed(codec: int, data: bytes) -> Read:
    """Return what reads the content of a batch, and decompresses little more than it reads."""
    return _DECOMPRESSORS[codec](data)


@dataclass(slots=True)
class ParsedRecord:
    """A record that aiokafka's parser does not take."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | Packed | None
    value: bytes | Packed | None
    headers: Sequence[Header]
    """With names that are not UTF-8 as Python escapes them (`surrogateescape`)."""


class RecordStream:
    """Content of a batch, of which only the part that was read ahead is in memory."""

    def __init__(self, read: Read) -> None:
        """Take what reads it."""
        self._read = read
        self._ahead = b""
        self._at = 0
        self.taken = 0
        """How much has been read, in bytes."""

    def whole_records(self, most: int) -> tuple[int, int]:
        """Count the records that the next part holds whole, `most` at most, and their bytes.

        Where it holds none whole: 0, and the size of the next record.
        """
        self._look_ahead(PART_BYTES)
        begin, left = self._at, self._at + PART_BYTES
        if len(self._ahead) < left:
            return most, len(self._ahead) - begin
        number, end = 0, begin
        while number < most and end + VARINT_BYTES <= left:
            length, start = _decode_int(self._ahead, end)
            if length < 0:
                raise CorruptRecordException(_TORN)
            if start + length > left:
                return (number, end - begin) if number else (0, start + length - begin)
            number, end = number + 1, start + length
        return number, end - begin

    def read(self, size: int, /) -> bytes:
        """Read exactly `size` bytes. Raises CorruptRecordException where there are fewer."""
        self._look_ahead(size)
        taken = self._ahead[self._at : self._at + size]
        if len(taken) != size:
            raise CorruptRecordException(_TORN)
        self._at += size
        self.taken += size
        return taken

    def read_int(self) -> int:
        """Read a number of 32 bits."""
        return self._number(_decode_int)

    def read_long(self) -> int:
        """Read a number of 64 bits."""
        return self._number(decode_varint)

    def _number(self, decode: Callable[[bytes, int], tuple[int, int]]) -> int:
        self._look_ahead(VARINT_BYTES)
        before = self._at
        number, self._at = decode(self._ahead, before)
        self.taken += self._at - before
        return number

    def field(self, size: int, *, packs: bool = False) -> bytes | Packed | None:
        """Read a field of `size` bytes; a negative size stands for null."""
        if size < 0:
            return None
        return Packed(self.read, size) if packs and size > PACKED_BYTES else self.read(size)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        while size > 0:
            size -= len(self.read(min(size, PART_BYTES)))

    def _look_ahead(self, size: int) -> None:
        """Have `size` bytes at hand, or as many as there are."""
        if len(self._ahead) - self._at >= size:
            return
        pieces, left = [self._ahead[self._at :]], size - len(self._ahead) + self._at
        with suppress(*_DECOMPRESSION_ERRORS):  # behind the last record may stand anything
            while left > 0 and (piece := self._read(min(left, PIECE_BYTES))):
                pieces.append(piece)
                left -= len(piece)
        self._ahead, self._at = b"".join(pieces), 0


def read_record(content: RecordStream, batch: DefaultRecordBatch) -> ParsedRecord:
    """Parse a record; what is large in one that is larger than a part is packed."""
    length = content.read_int()
    end = content.taken + length
    content.read(1)  # attributes, which mean nothing yet
    timestamp = batch.first_timestamp + content.read_long()
    offset = batch.base_offset + content.read_int()
    packs = length > PART_BYTES
    key = content.field(content.read_int(), packs=packs)
    value = content.field(content.read_int(), packs=packs)
    headers = _read_headers(content, end)
    if content.taken != end:
        raise CorruptRecordException(_TORN)
    if batch.timestamp_type == DefaultRecordBase.LOG_APPEND_TIME:
        timestamp = batch.max_timestamp
    return ParsedRecord(offset, _wrapped(timestamp), batch.timestamp_type, key, value, headers)


def _read_headers(content: RecordStream, end: int) -> list[Header]:
    """Parse headers up to `end`; none where they are too many or too large to be kept."""
    too_large = end - content.taken > PART_BYTES
    number = content.read_int()
    if too_large or number > MOST_HEADERS:
        content.skip(end - content.taken)
        return []
    headers = []
    for _ in range(number):
        name = content.read(content.read_int()).decode(errors="surrogateescape")
        headers.append((name, cast("bytes | None", content.field(content.read_int()))))
    return headers


def _decode_int(data: bytes, at: int) -> tuple[int, int]:
    """Decode a number of 32 bits; what it has beyond these means nothing, as in Java."""
    number, at = decode_varint(data, at)
    encoded = ((number << 1) ^ (number >> 63)) & 0xFFFF_FFFF
    return (encoded >> 1) ^ -(encoded & 1), at


def _wrapped(number: int) -> int:
    """Return a sum as 64 bits hold it."""
    return (number + 2**63) % 2**64 - 2**63
