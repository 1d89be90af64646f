"""Records parsed from a batch whose content need not be in memory whole."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

import cramjam
import lz4.frame
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBase, DefaultRecordBatch
from aiokafka.record.util import decode_varint
from zstandard import ZstdDecompressor, ZstdError

from streams.packed import PIECE_BYTES, Packed, Read
from streams.routing import Header

PART_BYTES: Final = 4 * 1_048_576
"""How much of a batch is decompressed at once; what is larger by itself is packed."""

PACKED_BYTES: Final = 1_048_576
"""Size above which key and value of a record larger than a part are packed."""

MOST_HEADERS: Final = 10_000
"""How many headers are kept of a record that is parsed here, and not by aiokafka."""

VARINT_BYTES: Final = 10
"""The most that a number takes."""

_SNAPPY_MAGIC: Final = b"\x82SNAPPY\0"
_SNAPPY_HEADER_BYTES: Final = 16
_DECOMPRESSION_ERRORS: Final = (
    EOFError,
    OSError,
    RuntimeError,
    ZstdError,
    zlib.error,
    cramjam.DecompressionError,
)
_TORN: Final = "its content is not as long as it says"

# gzip and lz4 lose what they have got when they meet an error, unless they are read by `read1`.
_DECOMPRESSORS: Final[dict[int, Callable[[bytes], Read]]] = {
    DefaultRecordBase.CODEC_GZIP: lambda data: gzip.GzipFile(fileobj=io.BytesIO(data)).read1,
    DefaultRecordBase.CODEC_SNAPPY: lambda data: _reading(_snappy_blocks(data)),
    DefaultRecordBase.CODEC_LZ4: lambda data: lz4.frame.open(io.BytesIO(data)).read1,
    DefaultRecordBase.CODEC_ZSTD: lambda data: (
        ZstdDecompressor().stream_reader(data, read_across_frames=True).read
    ),
}


def _snappy_blocks(data: bytes) -> Iterator[bytes]:
    """Decompress snappy, bare or in the frames of snappy-java, of which several may follow.

    https://github.com/xerial/snappy-java#compatibility-notes
    """
    if not data.startswith(_SNAPPY_MAGIC):
        yield bytes(cramjam.snappy.decompress_raw(data))
        return
    at = 0
    while at < len(data):
        if data.startswith(_SNAPPY_MAGIC, at):
            at += _SNAPPY_HEADER_BYTES
        size = int.from_bytes(data[at : at + 4])
        at += 4 + size
        yield bytes(cramjam.snappy.decompress_raw(data[at - size : at]))


def _reading(pieces: Iterator[bytes]) -> Read:
    """Return what reads one piece after the other, whatever is asked for."""
    return lambda _: next(pieces, b"")


def decompressed(codec: int, data: bytes) -> Read:
    """Return what reads the content of a batch, and decompresses no more than it reads."""
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
    """Content of a batch, of which only what was looked at ahead is in memory."""

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
        begin, left = self._at, len(self._ahead)
        if left - begin < PART_BYTES:
            return most, left - begin
        number, end = 0, begin
        while number < most and end + VARINT_BYTES <= left:
            length, start = decode_varint(self._ahead, end)
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

    def varint(self) -> int:
        """Read a number."""
        self._look_ahead(VARINT_BYTES)
        before = self._at
        number: int
        number, self._at = decode_varint(self._ahead, before)
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
    length = content.varint()
    end = content.taken + length
    content.read(1)  # attributes, which mean nothing yet
    timestamp = batch.first_timestamp + content.varint()
    offset = batch.base_offset + content.varint()
    packs = length > PART_BYTES
    key = content.field(content.varint(), packs=packs)
    value = content.field(content.varint(), packs=packs)
    headers = _read_headers(content, end)
    if content.taken != end:
        raise CorruptRecordException(_TORN)
    if batch.timestamp_type == DefaultRecordBase.LOG_APPEND_TIME:
        timestamp = batch.max_timestamp
    return ParsedRecord(offset, timestamp, batch.timestamp_type, key, value, headers)


def _read_headers(content: RecordStream, end: int) -> list[Header]:
    """Parse headers up to `end`; none where they are too many or too large to be kept."""
    too_large = end - content.taken > PART_BYTES
    number = content.varint()
    if too_large or number > MOST_HEADERS:
        content.skip(end - content.taken)
        return []
    headers = []
    for _ in range(number):
        name = content.read(content.varint()).decode(errors="surrogateescape")
        headers.append((name, cast("bytes | None", content.field(content.varint()))))
    return headers
