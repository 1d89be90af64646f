"""Fetched record batches, read in parts, whatever a publisher has put into them.

Brokers verify little of what a publisher sends: some kilobytes may decompress to gigabytes, and a
header's name may be any bytes. aiokafka 0.14 decompresses a batch whole, and stops at a name that
is not UTF-8. So this module decompresses a batch in parts, and parses with `record_parser` what
aiokafka's own parser rejects.
"""

import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import lt
from typing import Any, Final

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBase, DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch

from streams.batches.old_formats import content_bytes
from streams.batches.record_parser import (
    MOST_HEADERS,
    ParsedRecord,
    RecordStream,
    decompressed,
    read_record,
)

TURN_BYTES: Final = 8 * 1_048_576
"""Memory that records of a partition may take before other partitions get a turn."""

OBJECT_BYTES: Final = 200
"""Most memory that a record or header takes beside its own bytes."""

_HEADER: Final = DefaultRecordBase.HEADER_STRUCT
_OVERHEAD_BYTES: Final = 12
"""Size of the fields that a batch's length does not count."""

# Positions of fields in a batch; in formats 0 and 1, the offset is that of the last record.
_OFFSET: Final = slice(8)
_LENGTH: Final = slice(8, 12)
_MAGIC: Final = 16
_ATTRIBUTES: Final = 22
"""Lower byte of the attributes, which contains the codec."""

_LAST_OFFSET_DELTA: Final = slice(23, 27)
_COUNT: Final = slice(57, 61)


class Turn:
    """The memory that is left for the records of a turn."""

    def __init__(self) -> None:
        self.left_bytes = TURN_BYTES

    def spend(self, size_bytes: int) -> None:
        """Subtract the size of records that were returned."""
        self.left_bytes -= size_bytes


class BatchParts:
    """The batches fetched from a partition; replaces aiokafka's `MemoryRecords`."""

    def __init__(self, fetched: bytes) -> None:
        """Read `fetched`: batches, the last one possibly truncated."""
        self._fetched = memoryview(fetched)
        self._position = 0
        self._batch: Batch | None = None
        self._turn = Turn()
        self.begin = 0
        """The requested offset; earlier records of the first batch are skipped."""
        self.last_offset = -1
        """Offset of the last record of the current batch."""

    def size_in_bytes(self) -> int:
        """Return the size of what was fetched."""
        return len(self._fetched)

    def has_next(self) -> bool:
        """Return whether this turn has a batch, or more of the current one."""
        return self._turn.left_bytes > 0 and self._unfinished()

    def next_batch(self) -> Any:  # noqa: ANN401  # a Batch, or a legacy one of aiokafka
        """Return the next batch, or the current one again for the rest of it."""
        if self._batch and self._batch.unfinished:
            return self._batch
        raw = self._fetched[self._position : self._end()]
        self._position += len(raw)
        self.last_offset = int.from_bytes(raw[_OFFSET])
        if raw[_MAGIC] < 2:  # noqa: PLR2004  # the format with headers, since Kafka 0.11
            self._turn.spend(content_bytes(raw))
            return LegacyRecordBatch(raw, raw[_MAGIC])
        self.last_offset += int.from_bytes(raw[_LAST_OFFSET_DELTA])
        self._batch = Batch(raw, self.begin, self._turn)
        return self._batch

    def take_turn(self) -> bool:
        """Start the next turn; return whether any records are left."""
        self._turn.left_bytes = TURN_BYTES
        return self._unfinished()

    def _unfinished(self) -> bool:
        batch_left = self._batch is not None and self._batch.unfinished
        return batch_left or self._end() <= len(self._fetched)

    def _end(self) -> int:
        """Return the end of the next batch; beyond what was fetched if it is truncated."""
        start = self._position + _OVERHEAD_BYTES
        return start + int.from_bytes(self._fetched[self._position : start][_LENGTH])


class Batch:
    """A batch, in as many parts as its content needs; replaces aiokafka's."""

    def __init__(self, raw: memoryview, begin: int, turn: Turn) -> None:
        """Read the fetched batch `raw`, of which offsets from `begin` on were requested."""
        if len(raw) < _HEADER.size:
            message = "a batch is shorter than its header"
            raise CorruptRecordException(message)
        self._raw = raw
        self._begin = begin
        self._turn = turn
        self._original = original = DefaultRecordBatch(raw)
        self._parts: Iterator[Sequence[Any]] | None = None
        self._left = int.from_bytes(raw[_COUNT])
        self.base_offset: int = original.base_offset
        self._next = self.base_offset
        """Lowest offset that a record of the next part may have."""
        self.producer_id: int = original.producer_id
        self.is_transactional: bool = original.is_transactional
        self.is_control_batch: bool = original.is_control_batch
        self.next_offset: int = original.next_offset
        """Offset to continue from after the records that were iterated last."""

    @property
    def unfinished(self) -> bool:
        """Whether parts of it have been iterated, but not all."""
        return self._parts is not None

    def validate_crc(self) -> bool:
        """Return whether the checksum is right."""
        return self.unfinished or self._original.validate_crc()

    def __next__(self) -> Any:  # noqa: ANN401  # aiokafka has no types
        """Return the record of a control batch."""
        return next(self._original)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the records of the next part."""
        self._parts = self._parts or self._split()
        records = next(self._parts, ())
        self._left -= len(records)
        if self._left:
            self._next = records[-1].offset + 1
            self.next_offset = max(self._next, self._begin)
        else:
            self.next_offset, self._parts = self._original.next_offset, None
        return iter(records)

    def _split(self) -> Iterator[Sequence[Any]]:
        """Decompress and parse the batch, part by part."""
        if not self._original.compression_type:
            yield from self._parse(self._raw, self._left)
            return
        content = RecordStream(
            decompressed(self._original.compression_type, bytes(self._raw[_HEADER.size :]))
        )
        plain = bytearray(self._raw[: _HEADER.size])
        plain[_ATTRIBUTES] &= ~DefaultRecordBase.CODEC_MASK
        while self._left:
            number, size = content.whole_records(self._left)
            if number:
                plain[_COUNT] = number.to_bytes(4)
                yield from self._parse(memoryview(plain + content.read(size)), number)
            else:
                self._turn.spend(size)
                yield self._numbered([read_record(content, self._original)])

    def _parse(self, plain: memoryview, number: int) -> Iterator[Sequence[Any]]:
        """Parse uncompressed records; again for each part, if they take too much memory."""
        begin, end = self._next, self._next + number
        while self._next < end:
            part = self._parse_part(plain, begin, number)
            if part is None:
                content = RecordStream(io.BytesIO(plain[_HEADER.size :]).read)
                yield from self._parse_slowly(content, number)
                return
            yield part

    def _parse_part(self, plain: memoryview, begin: int, number: int) -> Sequence[Any] | None:
        """Return the next records that fit in a turn.

        None if aiokafka's parser rejects them or their offsets are not consecutive.
        """
        try:
            records = list(DefaultRecordBatch(plain))
        except (ValueError, CorruptRecordException):  # a header's name that is not UTF-8?
            return None
        if [record.offset for record in records] != list(range(begin, begin + number)):
            return None
        headers = [len(record.headers) for record in records]
        if max(headers) > MOST_HEADERS:
            records = [*map(_with_limited_headers, records)]
            headers = [len(record.headers) for record in records]
        cost = len(plain) + OBJECT_BYTES * (number + sum(headers))
        if cost <= TURN_BYTES:
            self._turn.spend(cost)
            return records
        self._turn.spend(TURN_BYTES)
        done = self._next - begin
        costs = list(accumulate(OBJECT_BYTES * (1 + each) for each in headers[done:]))
        return records[done : done + 1 + bisect_left(costs, TURN_BYTES)]

    def _parse_slowly(self, content: RecordStream, number: int) -> Iterator[Sequence[Any]]:
        """Parse records that aiokafka's parser rejects or misreads."""
        while number:
            records: list[ParsedRecord] = []
            cost = 0
            while len(records) < number and cost < TURN_BYTES // 4:
                records.append(read_record(content, self._original))
                cost += OBJECT_BYTES * (1 + len(records[-1].headers))
            number -= len(records)
            self._turn.spend(TURN_BYTES)
            yield self._numbered(records)

    def _numbered(self, records: Sequence[ParsedRecord]) -> Sequence[ParsedRecord]:
        """Return records with rising offsets, between the end of the last part and of the batch.

        Publishers write the offsets, and brokers accept those of other batches too: such records
        are renumbered.
        """
        offsets = [record.offset for record in records]
        if all(map(lt, [self._next - 1, *offsets], [*offsets, self._original.next_offset])):
            return records
        return [replace(each, offset=offset) for offset, each in enumerate(records, self._next)]


def _with_limited_headers(record: Any) -> Any:  # noqa: ANN401  # aiokafka has no types
    """Return a record, without its headers if these are more than MOST_HEADERS."""
    if len(record.headers) <= MOST_HEADERS:
        return record
    times = (record.timestamp, record.timestamp_type)
    return ParsedRecord(record.offset, *times, record.key, record.value, [])
