from collections.abc import Iterable
from dataclasses import replace

from fakes import FakeRecord, records
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.chunks import CHUNK_BYTES, ChunkRecord, chunk_scheduler
from streams.outbox import Record

SOURCE = TP("ipg12.episodes", 0)
OTHER = TP("another", 0)


class Fetcher:
    def __init__(self, size: int) -> None:
        self.generation = 1
        self._scheduler = chunk_scheduler(SOURCE.topic, size, lambda: self.generation)()

    def fetch(self, offsets: Iterable[int], tp: TP = SOURCE) -> list[ChunkRecord]:
        return [record for _, record in self._scheduler.iterate({tp: records(offsets)})]  # type: ignore[misc]


@given(
    st.lists(st.sets(st.integers(0, 1000), min_size=1, max_size=50), max_size=5),
    st.integers(1, 20),
)
def test_chunks_hold_every_record_once_in_order_and_none_is_over_size(
    fetches: list[set[int]], size: int
) -> None:
    fetcher = Fetcher(size)
    for offsets in fetches:
        chunks = fetcher.fetch(sorted(offsets))
        assert [each.offset for chunk in chunks for each in chunk.value.records] == sorted(offsets)
        assert all(1 <= len(chunk.value.records) <= size for chunk in chunks)
        assert all(chunk.offset == chunk.value.records[-1].offset for chunk in chunks)


def test_chunks_of_large_records_are_closed_by_their_size_in_bytes() -> None:
    half = FakeRecord(0, b" " * (CHUNK_BYTES // 2))
    small, large = FakeRecord(0, b"{}"), FakeRecord(0, b" " * (CHUNK_BYTES + 1))
    scheduler = chunk_scheduler(SOURCE.topic, 100, lambda: 1)()
    fetched: list[Record] = [
        replace(record, offset=offset)
        for offset, record in enumerate([half, half, small, large, small, half, half])
    ]
    chunks = [record.value.records for _, record in scheduler.iterate({SOURCE: fetched})]  # type: ignore[attr-defined]
    offsets = [[each.offset for each in chunk] for chunk in chunks]
    assert offsets == [[0, 1], [2], [3], [4, 5], [6]]


def test_each_chunk_knows_what_was_fetched_directly_before_it() -> None:
    fetcher = Fetcher(size=2)
    fetched = fetcher.fetch([0, 1, 4]) + fetcher.fetch([9, 10])
    assert [(chunk.value.after, chunk.value.first) for chunk in fetched] == [
        (None, 0),
        (1, 4),
        (4, 9),
    ]


def test_what_was_fetched_before_a_rebalance_says_nothing_about_what_comes_after_it() -> None:
    fetcher = Fetcher(size=2)
    fetcher.fetch([0, 1])
    fetcher.generation = 2
    (chunk,) = fetcher.fetch([5])
    assert chunk.value.after is None


def test_after_a_step_back_nothing_is_known_to_come_directly_before() -> None:
    fetcher = Fetcher(size=2)
    fetcher.fetch([7, 8])
    (chunk,) = fetcher.fetch([5])
    assert chunk.value.after is None


def test_records_of_other_topics_pass_as_they_are() -> None:
    assert [record.offset for record in Fetcher(size=10).fetch(range(3), OTHER)] == [0, 1, 2]


def test_a_chunk_shows_no_content_when_it_is_printed() -> None:
    (chunk,) = Fetcher(size=2).fetch([0])
    assert "FakeRecord" not in f"{chunk!r} {chunk.value!r}"
