"""Chunks: consecutive records of one partition, handed through Faust as one."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from streams.outbox import Record

CHUNK_BYTES: Final = 4 * 1_048_576
"""Size of its values at which a chunk is closed; a larger record makes a chunk of its own."""


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


def chunk_scheduler(
    topic: str, size: int, generation: Callable[[], int]
) -> type[DefaultSchedulingStrategy]:
    """Make a Faust consumer scheduler that yields the records of `topic` in chunks.

    `size` is the most records in a chunk, `generation` the consumer group's generation: what was
    fetched before a rebalance says nothing about what is fetched after it.
    """

    class ChunkScheduler(DefaultSchedulingStrategy):
        def __init__(self) -> None:
            self._fetched = _Fetched(generation=-1)

        def iterate(self, records: Mapping[TP, list[Record]]) -> Iterator[tuple[TP, object]]:
            if self._fetched.generation != generation():
                self._fetched = _Fetched(generation())
            yield from super().iterate(
                {
                    tp: list(self._chunks(tp, fetched)) if tp.topic == topic else fetched
                    for tp, fetched in records.items()
                }
            )

        def _chunks(self, tp: TP, records: list[Record]) -> Iterator[ChunkRecord]:
            before = self._fetched.last.get(tp)
            after = before if before is not None and before < records[0].offset else None
            for part in _cut(records, size):
                chunk = Chunk(part, after)
                after = chunk.last
                newest = chunk.records[-1]
                yield ChunkRecord(tp.topic, tp.partition, chunk, newest.timestamp, 0)
            self._fetched.last[tp] = records[-1].offset

    return ChunkScheduler


def _cut(records: list[Record], size: int) -> Iterator[list[Record]]:
    """Cut records into parts of at most `size` records and about CHUNK_BYTES."""
    totals = list(accumulate(len(record.value or b"") for record in records))
    start = done = 0
    while start < len(records):
        fitting = bisect_right(totals, done + CHUNK_BYTES, lo=start)
        end = max(start + 1, min(start + size, fitting))
        yield records[start:end]
        start, done = end, totals[end - 1]
