from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate, pairwise

from fakes import FakeRecord, records
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.chunks import CHUNK_BYTES, Chunk, ChunkRecord, chunk_scheduler, regrouped
from streams.records import Record

SOURCE = TP("ipg12.episodes", 0)


class Fetcher:
    def __init__(self) -> None:
        self.generation = 1
        self._scheduler = chunk_scheduler(lambda: self.generation)()

    def fetch(self, offsets: Iterable[int]) -> ChunkRecord:
        record: ChunkRecord
        ((_, record),) = self._scheduler.iterate({SOURCE: records(offsets)})
        return record


def offsets_of(chunk: Chunk) -> list[int]:
    return [record.offset for record in chunk.records]


def test_what_was_fetched_of_a_partition_is_one_chunk() -> None:
    record = Fetcher().fetch([3, 4, 7])
    assert offsets_of(record.value) == [3, 4, 7]
    assert record.offset == 7


@given(
    st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=50), max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
    st.integers(1, 20),
)
def test_regrouped_chunks_hold_every_record_once_in_order_and_no_more_than_they_may(
    steps: list[list[int]], known: list[bool], size: int
) -> None:
    fetched: list[Chunk] = []
    last = 0
    for distances, is_known in zip(steps, known, strict=False):
        offsets = list(accumulate(distances, initial=last))[1:]
        fetched.append(Chunk(records(offsets), last if is_known else None))
        last = offsets[-1]
    chunks = list(regrouped(fetched, size))
    assert [each for chunk in chunks for each in offsets_of(chunk)] == [
        each for chunk in fetched for each in offsets_of(chunk)
    ]
    assert all(1 <= len(chunk.records) <= size for chunk in chunks)
    # What is not known to follow directly begins a chunk, and says so; all others are full.
    begins = {chunk.first: chunk.after for chunk in fetched if chunk.after is None}
    for before, after in pairwise(chunks):
        assert after.after == begins.get(after.first, before.last)
        assert after.first in begins or len(before.records) == size
    assert begins.keys() <= {chunk.first for chunk in chunks}


def test_chunks_of_large_records_are_closed_by_their_size_in_bytes() -> None:
    half = FakeRecord(0, b" " * (CHUNK_BYTES // 2))
    small, large = FakeRecord(0, b"{}"), FakeRecord(0, b" " * (CHUNK_BYTES + 1))
    fetched: list[Record] = [
        replace(record, offset=offset)
        for offset, record in enumerate([half, half, small, large, small, half, half])
    ]
    chunks = regrouped([Chunk(fetched, None)], 100)
    assert [offsets_of(chunk) for chunk in chunks] == [[0, 1], [2], [3], [4, 5], [6]]


def test_each_chunk_knows_what_was_fetched_directly_before_it() -> None:
    fetcher = Fetcher()
    fetched = [fetcher.fetch([0, 1, 4]), fetcher.fetch([9, 10])]
    assert [chunk.value.after for chunk in fetched] == [None, 4]


def test_what_was_fetched_before_a_rebalance_says_nothing_about_what_comes_after_it() -> None:
    fetcher = Fetcher()
    fetcher.fetch([0, 1])
    fetcher.generation = 2
    chunk = fetcher.fetch([5])
    assert chunk.value.after is None


def test_after_a_step_back_nothing_is_known_to_come_directly_before() -> None:
    fetcher = Fetcher()
    fetcher.fetch([7, 8])
    chunk = fetcher.fetch([5])
    assert chunk.value.after is None


def test_a_chunk_shows_no_content_when_it_is_printed() -> None:
    chunk = Fetcher().fetch([0])
    assert "FakeRecord" not in f"{chunk!r} {chunk.value!r}"
