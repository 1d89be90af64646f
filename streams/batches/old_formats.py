"""Batches of the formats before Kafka 0.11."""

from typing import Final

from aiokafka.record.default_records import DefaultRecordBase

from streams.batches.record_parser import PART_BYTES, decompressed

LARGEST_BYTES: Final = 16 * 1_048_576
"""Limit on the content of a batch."""

# Positions of fields in a batch.
_MAGIC: Final = 16
_ATTRIBUTES: Final = 17
_SIZES: Final = 18
"""Sizes of key and value in format 0; format 1 has a timestamp before them."""

_TIMESTAMP_BYTES: Final = 8


class OldBatchTooLargeError(Exception):
    """The content of a batch of a format before Kafka 0.11 is larger than LARGEST_BYTES."""


def content_bytes(raw: memoryview) -> int:
    """Return the size of the content of a batch of format 0 or 1. Raises OldBatchTooLargeError.

    Brokers since 4.0 accept no such batches, but may hold some; aiokafka decompresses them whole.
    """
    codec = raw[_ATTRIBUTES] & DefaultRecordBase.CODEC_MASK
    if not codec:
        return len(raw)
    sizes = _SIZES + raw[_MAGIC] * _TIMESTAMP_BYTES
    key_size = int.from_bytes(raw[sizes : sizes + 4], signed=True)
    read = decompressed(codec, bytes(raw[sizes + 8 + max(0, key_size) :]))
    size = 0
    while piece := read(PART_BYTES):
        size += len(piece)
        if size > LARGEST_BYTES:
            raise OldBatchTooLargeError
    return size
