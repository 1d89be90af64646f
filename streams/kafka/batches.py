"""Record batches as they were fetched, read whatever a publisher has put into them.

A publisher decides what a batch holds, and brokers look at little of it: some kilobytes may
decompress to gigabytes, and a header's name may be any bytes. aiokafka 0.14 decompresses a batch
whole, and cannot go past a name that is not UTF-8. So a batch is decompressed in parts here, and
what aiokafka's own parser does not take is parsed by ours.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import lt
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBase, DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.structs import TopicPartition

from streams.kafka.record_parser import (
    PART_BYTES,
    ParsedRecord,
    RecordStream,
    decompressed,
    read_record,
)
from streams.trouble import Trouble

TURN_BYTES: Final = 2 * PART_BYTES
"""How much is handed over of a partition before it is the others' turn."""

LARGEST_LEGACY_BYTES: Final = 64 * 1_048_576
"""How much a batch of a format before Kafka 0.11 may hold."""

_HEADER: Final = DefaultRecordBase.HEADER_STRUCT
_OVERHEAD_BYTES: Final = 12
"""What stands before that which a batch's length counts."""

# Where fields stand in a batch; the offset of formats 0 and 1 is that of the last record.
_OFFSET: Final = slice(8)
_LENGTH: Final = slice(8, 12)
_MAGIC: Final = 16
_ATTRIBUTES: Final = 22
"""The lower byte of them, which names the codec."""

_LAST_OFFSET_DELTA: Final = slice(23, 27)
_COUNT: Final = slice(57, 61)
_LEGACY_ATTRIBUTES: Final = 17
_LEGACY_SIZES: Final = 18
"""Of key and value in format 0; format 1 has a timestamp before them."""

_TIMESTAMP_BYTES: Final = 8
_SHOW: Final = "see docs/operating.md#when-a-record-cannot-be-read"


class OldBatchTooLargeError(Exception):
    """A batch of a format before Kafka 0.11 holds more than LARGEST_LEGACY_BYTES."""


class Batches:
    """What was fetched of a partition; takes the place of aiokafka's `MemoryRecords`."""

    def __init__(self, fetched: bytes) -> None:
        """Take what a broker gave: batches, the last one perhaps cut short."""
        self._fetched = memoryview(fetched)
        self._position = 0
        self._batch: Batch | None = None
        self._left = TURN_BYTES
        self.begin = 0
        """The offset that was asked for; what the first batch has before it is passed over."""
        self.last_offset = -1
        """That of the last record of the batch that is being read."""

    def size_in_bytes(self) -> int:
        """Return the size of what was fetched."""
        return len(self._fetched)

    def has_next(self) -> bool:
        """Return whether there is a batch, or more of the last one, in this turn."""
        return self._left > 0 and self._unfinished()

    def next_batch(self) -> Any:  # noqa: ANN401  # a batch of ours, or a legacy one of aiokafka
        """Return the next batch, or the last one again for what is left of it."""
        if self._batch and self._batch.unfinished:
            return self._batch
        raw = self._fetched[self._position : self._end()]
        self._position += len(raw)
        self.last_offset = int.from_bytes(raw[_OFFSET])
        if raw[_MAGIC] < 2:  # noqa: PLR2004  # the format with headers, since Kafka 0.11
            self._left -= _content_bytes_of_legacy(raw)
            return LegacyRecordBatch(raw, raw[_MAGIC])
        self.last_offset += int.from_bytes(raw[_LAST_OFFSET_DELTA])
        self._batch = Batch(raw, self.begin, self._spend)
        return self._batch

    def take_turn(self) -> bool:
        """Begin the next turn; return whether anything is left for it."""
        self._left = TURN_BYTES
        return self._unfinished()

    def _unfinished(self) -> bool:
        partly = self._batch is not None and self._batch.unfinished
        return partly or self._end() <= len(self._fetched)

    def _end(self) -> int:
        """Return where the next batch ends; beyond what was fetched where none is whole."""
        start = self._position + _OVERHEAD_BYTES
        return start + int.from_bytes(self._fetched[self._position : start][_LENGTH])

    def _spend(self, size_bytes: int) -> None:
        self._left -= size_bytes


class Batch:
    """A batch, in as many parts as its content needs; takes the place of aiokafka's."""

    def __init__(self, raw: memoryview, begin: int, spend: Callable[[int], None]) -> None:
        """Take a batch as it was fetched, of which offsets from `begin` on are wanted.

        `spend` is told how much is handed over.
        """
        self._raw = raw
        self._begin = begin
        self._spend = spend
        self._original = original = DefaultRecordBatch(raw)
        self._parts: Iterator[Sequence[Any]] | None = None
        self._left = int.from_bytes(raw[_COUNT])
        self._after = 0
        """The offset after the last record of the part before."""
        self.base_offset: int = original.base_offset
        self.producer_id: int = original.producer_id
        self.is_transactional: bool = original.is_transactional
        self.is_control_batch: bool = original.is_control_batch
        self.next_offset: int = original.next_offset
        """Where to go on once what was iterated last has been taken."""

    @property
    def unfinished(self) -> bool:
        """Whether parts of it have been iterated, but not all."""
        return self._parts is not None

    def validate_crc(self) -> bool:
        """Return whether it is as it was written."""
        return self.unfinished or self._original.validate_crc()

    def __next__(self) -> Any:  # noqa: ANN401  # aiokafka has no types
        """Return the record of a control batch."""
        return next(self._original)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the records of the next part."""
        begin = self._after if self.unfinished else self.base_offset
        if self._original.compression_type and self._left:
            self._parts = self._parts or self._decompress()
            records = next(self._parts)
        else:
            self._spend(len(self._raw))
            self._left, records = 0, _parse(self._raw)
        end = self._original.next_offset
        records = _in_order(records, begin, end)
        if self._left:
            self._after = records[-1].offset + 1
            self.next_offset = max(self._after, self._begin)
        else:
            self.next_offset, self._parts = end, None
        return iter(records)

    def _decompress(self) -> Iterator[Sequence[Any]]:
        content = RecordStream(
            decompressed(self._original.compression_type, bytes(self._raw[_HEADER.size :]))
        )
        plain = bytearray(self._raw[: _HEADER.size])
        plain[_ATTRIBUTES] &= ~DefaultRecordBase.CODEC_MASK
        while True:
            number, size = content.whole_records(self._left)
            self._left -= number or 1
            if number:
                plain[_COUNT] = number.to_bytes(4)
                self._spend(size)
                yield _parse(memoryview(plain + content.read(size)))
            else:
                self._spend(size)
                yield [read_record(content, self._original)]


def _parse(batch: memoryview) -> Sequence[Any]:
    """Return the records of a batch that is not compressed."""
    original = DefaultRecordBatch(batch)
    try:
        return list(original)
    except (ValueError, CorruptRecordException):  # perhaps a header's name that is not UTF-8
        content = RecordStream(io.BytesIO(batch[_HEADER.size :]).read)
        number = int.from_bytes(batch[_COUNT])
        return [read_record(content, original) for _ in range(number)]


def _in_order(records: Sequence[Any], begin: int, end: int) -> Sequence[Any]:
    """Return records whose offsets rise from `begin` to before `end`.

    Publishers write them, and brokers take offsets of other batches too: these are numbered anew.
    """
    offsets = [record.offset for record in records]
    if offsets == list(range(begin, begin + len(offsets))):
        return records
    if all(map(lt, [begin - 1, *offsets], [*offsets, end])):  # compacted
        return records
    return [
        ParsedRecord(
            offset, each.timestamp, each.timestamp_type, each.key, each.value, each.headers
        )
        for offset, each in enumerate(records, begin)
    ]


def _content_bytes_of_legacy(raw: memoryview) -> int:
    """Return how much a batch of format 0 or 1 holds. Raises OldBatchTooLargeError.

    Brokers since 4.0 take none of them, but may hold some; aiokafka decompresses them whole.
    """
    codec = raw[_LEGACY_ATTRIBUTES] & DefaultRecordBase.CODEC_MASK
    if not codec:
        return len(raw)
    sizes = _LEGACY_SIZES + raw[_MAGIC] * _TIMESTAMP_BYTES
    key_size = int.from_bytes(raw[sizes : sizes + 4], signed=True)
    read = decompressed(codec, bytes(raw[sizes + 8 + max(0, key_size) :]))
    size = 0
    while piece := read(PART_BYTES):
        size += len(piece)
        if size > LARGEST_LEGACY_BYTES:
            raise OldBatchTooLargeError
    return size


class Fetched(PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """What was fetched of a partition, record by record."""

    def __init__(self, tp: TopicPartition, records: Batches, *rest: Any) -> None:  # noqa: ANN401
        """Take what aiokafka hands on: the aborted transactions and the offset asked for first."""
        super().__init__(tp, records, *rest)
        records.begin = self.next_fetch_offset

    @staticmethod
    def _consumer_record(_: TopicPartition, record: Any) -> Any:  # noqa: ANN401
        """Hand a record over as it was parsed.

        aiokafka dresses it as another one, of eleven fields, which takes twice the time of parsing
        it. Nobody here asks for more than it has.
        """
        return record


def take(result: FetchResult, max_records: int | None = None) -> list[Any]:
    """Take what a turn has of what was fetched; takes the place of `FetchResult.getall`.

    Raises Trouble where a record cannot be read; those before it are taken first.
    """
    if not (result.has_more() and result.check_assignment(result._topic_partition)):  # noqa: SLF001
        return []
    records: list[Any] = []
    fetched = result._partition_records  # noqa: SLF001
    while fetched is not None and not records:
        try:
            records.extend(islice(fetched._records_iterator, max_records))  # noqa: SLF001
        except Exception as error:
            result._partition_records = None  # noqa: SLF001  # it is fetched again from there
            if not records:
                place = result._topic_partition  # noqa: SLF001
                message = (
                    f"{place.topic}/{place.partition}, offsets {fetched.next_fetch_offset} "
                    f"to {fetched._records.last_offset}: "  # noqa: SLF001
                    f"{type(error).__name__} while reading them; {_SHOW}"
                )
                raise Trouble(message) from error
            _move(result, fetched)
            return records
        _move(result, fetched)
        if len(records) == max_records:
            break
        if fetched._records.take_turn():  # noqa: SLF001
            fetched._records_iterator = fetched._unpack_records()  # noqa: SLF001
        else:
            fetched = result._partition_records = None  # noqa: SLF001
    return records


def _move(result: FetchResult, fetched: Fetched) -> None:
    """Have the next fetch begin after what was taken."""
    state = result._assignment.state_value(result._topic_partition)  # noqa: SLF001
    state.consumed_to(fetched.next_fetch_offset)


def read_by_parts() -> None:
    """Have aiokafka's consumers, all of this process, read what they fetch by parts."""
    fetcher.MemoryRecords = Batches
    fetcher.PartitionRecords = Fetched
    FetchResult.getall = take
