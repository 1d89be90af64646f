"""Chunks: consecutive records of one partition, passed through Faust as one event."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from streams.records import Record

CHUNK_BYTES: Final = 4 * 1_048_576
"""Limit on the values of a chunk; a larger record has a chunk to itself."""


@dataclass(frozen=True, slots=True, repr=False)
class Chunk:
    """Consecutive records of one partition, in order; never empty."""

    records: Sequence[Record]
    after: int | None
    """Offset of the record fetched directly before them; None if unknown."""

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.records[0].offset

    @property
    def last(self) -> int:
        """Offset of the last record."""
        return self.records[-1].offset

    @property
    def size_bytes(self) -> int:
        """Size of the values."""
        return sum(len(record.value or b"") for record in self.records)


def regrouped(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """Join consecutive chunks, and split them to at most `size` records.

    With low traffic, chunks are small and each transaction delays the next: those that arrive
    during one transaction share the next one.
    """
    for joined in _joined(chunks):
        after = joined.after
        for records in _split(joined.records, size):
            chunk = Chunk(records, after)
            yield chunk
            after = chunk.last


def _joined(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Join chunks that were fetched directly after one another."""
    joined: Chunk | None = None
    for chunk in chunks:
        if joined is None:
            joined = chunk
        elif chunk.after == joined.last:
            joined = Chunk([*joined.records, *chunk.records], joined.after)
        else:
            yield joined
            joined = chunk
    if joined is not None:
        yield joined


def _split(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    """Split records into parts of at most `size` records and about CHUNK_BYTES."""
    totals = list(accumulate(len(record.value or b"") for record in records))
    start = bytes_before = 0
    while start < len(records):
        fitting = bisect_right(totals, bytes_before + CHUNK_BYTES, lo=start)
        end = max(start + 1, min(start + size, fitting))
        yield records[start:end]
        start, bytes_before = end, totals[end - 1]


@dataclass(frozen=True, slots=True, repr=False)
class ChunkRecord:
    """A chunk in the shape of an aiokafka record, as Faust expects from its fetcher."""

    topic: str
    partition: int
    value: Chunk
    timestamp: int | None
    timestamp_type: int | None
    headers: tuple[()] = ()
    key: None = None
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0

    @property
    def offset(self) -> int:
        """Offset of the chunk's last record."""
        return self.value.last


@dataclass(slots=True)
class _Fetched:
    generation: int
    last: dict[TP, int] = field(default_factory=dict)


def chunk_scheduler(generation: Callable[[], int]) -> type[DefaultSchedulingStrategy]:
    """Create a Faust consumer scheduler that yields what was fetched from a partition as a chunk.

    `generation` returns the consumer group's generation: after a rebalance, `Chunk.after` is
    unknown, whatever was fetched before.
    """

    class ChunkScheduler(DefaultSchedulingStrategy):
        def __init__(self) -> None:
            self._fetched = _Fetched(generation=-1)

        def iterate(self, records: Mapping[TP, list[Record]]) -> Iterator[tuple[TP, object]]:
            if self._fetched.generation != generation():
                self._fetched = _Fetched(generation())
            yield from super().iterate(
                {tp: [self._chunk(tp, fetched)] for tp, fetched in records.items()}
            )

        def _chunk(self, tp: TP, records: list[Record]) -> ChunkRecord:
            before = self._fetched.last.get(tp)
            after = before if before is not None and before < records[0].offset else None
            newest = records[-1]
            self._fetched.last[tp] = newest.offset
            return ChunkRecord(tp.topic, tp.partition, Chunk(records, after), newest.timestamp, 0)

    return ChunkScheduler
