"""Record batches written byte by byte, as no client library would write them.

https://kafka.apache.org/documentation/#recordbatch
"""

import gzip
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import lz4.frame
import zstandard
from aiokafka import AIOKafkaProducer
from aiokafka.codec import snappy_encode
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c

HEAD: Final = struct.Struct(">qiibIhiqqqhii")
CRC_START: Final = 17
CRC_END: Final = 21
CODECS: Final[dict[str, tuple[int, Callable[[bytes], bytes]]]] = {
    "none": (0, lambda content: content),
    "gzip": (1, gzip.compress),
    "snappy": (2, snappy_encode),
    "lz4": (3, lambda content: lz4.frame.compress(content, block_linked=False)),
    "zstd": (4, zstandard.ZstdCompressor().compress),
}


@dataclass(frozen=True)
class RawRecord:
    """A record, each field as it is to stand in the batch."""

    value: bytes | None
    key: bytes | None = None
    timestamp: int = 0
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    attributes: int = 0
    offset: int | None = None
    """What it says it is, beside its place in the batch."""
    behind: bytes = b""
    """What stands in it after its last header."""

    def written(self, place: int, first_timestamp: int) -> bytes:
        fields = [
            bytes([self.attributes]),
            varint(self.timestamp - first_timestamp),
            varint(place if self.offset is None else self.offset),
            field(self.key),
            field(self.value),
            varint(len(self.headers)),
            *(field(name) + field(value) for name, value in self.headers),
            self.behind,
        ]
        content = b"".join(fields)
        return varint(len(content)) + content


def varint(number: int) -> bytes:
    """Write a number as the format does, which wraps at 64 bits."""
    signed = (number + 2**63) % 2**64 - 2**63
    left = ((signed << 1) ^ (signed >> 63)) & (2**64 - 1)
    written = bytearray()
    while left > 0x7F:
        written.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*written, left])


def field(content: bytes | None) -> bytes:
    return varint(-1) if content is None else varint(len(content)) + content


def raw_batch(
    records: Sequence[RawRecord],
    codec: str = "none",
    *,
    attributes: int = 0,
    behind: bytes = b"",
    offset: int = 0,
    state: tuple[int, int, int] = (-1, -1, -1),
) -> bytes:
    """Write a batch of records.

    `behind` stands after its compressed content; `offset` is what a broker gives it, and `state`
    the producer's id and epoch and the number of its first record.
    """
    first = records[0].timestamp
    number, compress = CODECS[codec]
    content = b"".join(each.written(place, first) for place, each in enumerate(records))
    body = compress(content) + behind
    newest = max(each.timestamp for each in records)
    sizes = (offset, HEAD.size - 12 + len(body))
    times = (number | attributes, len(records) - 1, first, newest)
    head = HEAD.pack(*sizes, -1, 2, 0, *times, *state, len(records))
    crc: int = calc_crc32c(head[CRC_END:] + body)
    return head[:CRC_START] + crc.to_bytes(4) + head[CRC_END:] + body


class _Written(BatchBuilder):  # type: ignore[misc]  # aiokafka has no types
    """Passes a batch on as it is."""

    def __init__(self, batch: bytes, records: int) -> None:
        self._batch, self._records = batch, records

    def close(self) -> None: ...

    def closed(self) -> bool:
        return True

    def record_count(self) -> int:
        return self._records

    def _build(self) -> bytes:
        return self._batch


async def publish(
    address: str, topic: str, partition: int, batches: Iterable[tuple[bytes, int]]
) -> int:
    """Publish batches, each with its number of records; return the last offset."""
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all") as producer:
        for batch, records in batches:
            sent = await producer.send_batch(_Written(batch, records), topic, partition=partition)
            last: int = (await sent).offset + records - 1
    return last
