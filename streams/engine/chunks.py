"""Chunks: consecutive records of one partition, handed through Faust as one."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from streams.records import Record

CHUNK_BYTES: Final = 4 * 1_048_576
"""Size of its values up to which records share a transaction; a larger one has its own."""


@dataclass(frozen=True, slots=True, repr=False)
class Chunk:
    """Consecutive records of one partition, in order; never empty."""

    records: Sequence[Record]
    after: int | None
    """Offset of the record fetched directly before them; None where that is not known."""

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
    """Make chunks of at most `size` records, as few as hold all that was fetched in a row.

    Records that trickle come in chunks of a few, and each transaction holds up the next: what came
    while one was under way goes into the next one together.
    """
    for run in _runs(chunks):
        after = run.after
        for records in _cut(run.records, size):
            chunk = Chunk(records, after)
            yield chunk
            after = chunk.last


def _runs(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Join chunks of which each was fetched directly after the one before."""
    run: Chunk | None = None
    for chunk in chunks:
        if run is None:
            run = chunk
        elif chunk.after == run.last:
            run = Chunk([*run.records, *chunk.records], run.after)
        else:
            yield run
            run = chunk
    if run is not None:
        yield run


def _cut(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    """Cut records into parts of at most `size` records and about CHUNK_BYTES."""
    totals = list(accumulate(len(record.value or b"") for record in records))
    start = done = 0
    while start < len(records):
        fitting = bisect_right(totals, done + CHUNK_BYTES, lo=start)
        end = max(start + 1, min(start + size, fitting))
        yield records[start:end]
        start, done = end, totals[end - 1]


@dataclass(frozen=True, slots=True, repr=False)
class ChunkRecord:
    """A chunk in the shape of an aiokafka record, which is what Faust takes from its fetcher."""

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
    """Make a Faust consumer scheduler that yields what was fetched of a partition as one chunk.

    `generation` is the consumer group's generation: what was fetched before a rebalance says
    nothing about what is fetched after it.
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
