"""A batch of one record that aiokafka's own builder rejects."""

from collections.abc import Iterable, Iterator
from time import time
from typing import Final

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import calc_crc32c, encode_varint
from zstandard import ZstdCompressor

from streams.packed import LEVEL, Packed
from streams.records import Row

_LAYOUT: Final = DefaultRecordBase
_MAGIC: Final = 2
_CRC_BYTES: Final = 4
_PLAIN_FIELDS: Final = b"\0\0\0"
"""A record's attributes, and the deltas of its timestamp and offset."""


class SingleRecordBatch(BatchBuilder):  # type: ignore[misc]  # aiokafka has no types
    """Writes a record whose header names are not UTF-8, or whose key or value is packed.

    A packed one is written compressed, and is never in memory whole.
    """

    def __init__(self, row: Row) -> None:
        self._row = row
        self._state = (-1, -1, 0)
        self._buffer: bytearray | None = None

    def close(self) -> None:
        """Do nothing: the batch is always closed."""

    def closed(self) -> bool:
        """Return True: the batch takes no more records."""
        return True

    def record_count(self) -> int:
        """Return the number of records."""
        return 1

    def _set_producer_state(
        self, producer_id: int, producer_epoch: int, base_sequence: int
    ) -> None:
        """Set the producer's id and epoch, and the sequence number of the record."""
        self._state = (producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytearray:
        """Return the batch as it is sent."""
        if self._buffer is None:
            self._buffer = self._encoded()
        return self._buffer

    def _encoded(self) -> bytearray:
        fields = [_PLAIN_FIELDS, *_field(self._row.key), *_field(self._row.value)]
        fields.append(_varint(len(self._row.headers)))
        for name, value in self._row.headers:
            fields += [*_field(name.encode(errors="surrogateescape")), *_field(value)]
        fields.insert(0, _varint(sum(map(len, fields))))
        packed = any(isinstance(field, Packed) for field in fields)
        attributes = _LAYOUT.TRANSACTIONAL_MASK | (_LAYOUT.CODEC_ZSTD if packed else 0)
        batch = bytearray(_LAYOUT.HEADER_STRUCT.size)
        compressor = ZstdCompressor(level=LEVEL).compressobj()
        for piece in _pieces(fields):
            batch += compressor.compress(piece) if packed else piece
        batch += compressor.flush() if packed else b""
        timestamp = int(time() * 1000) if self._row.timestamp is None else self._row.timestamp
        _LAYOUT.HEADER_STRUCT.pack_into(
            *(batch, 0, 0, len(batch) - _LAYOUT.AFTER_LEN_OFFSET),
            *(_LAYOUT.NO_PARTITION_LEADER_EPOCH, _MAGIC, 0, attributes, 0),
            *(timestamp, timestamp, *self._state, self.record_count()),
        )
        crc = calc_crc32c(bytes(batch[_LAYOUT.ATTRIBUTES_OFFSET :]))
        batch[_LAYOUT.CRC_OFFSET : _LAYOUT.ATTRIBUTES_OFFSET] = crc.to_bytes(_CRC_BYTES)
        return batch


def _pieces(fields: Iterable[bytes | Packed]) -> Iterator[bytes]:
    """Yield the bytes of fields, and packed ones piece by piece."""
    for field in fields:
        yield from field if isinstance(field, Packed) else (field,)


def _field(content: bytes | Packed | None) -> list[bytes | Packed]:
    """Return a field with its size before it; -1 for null."""
    return [_varint(-1)] if content is None else [_varint(len(content)), content]


def _varint(number: int) -> bytes:
    written = bytearray()
    encode_varint(number, written.append)
    return bytes(written)
