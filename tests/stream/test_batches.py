import gc
import gzip
import io
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from typing import Any

import lz4.frame
import pytest
from aiokafka.codec import snappy_encode, zstd_encode
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from broker.raw_batch import CODECS, RawRecord, raw_batch, varint
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.batches import old_formats as old_batches
from streams.batches import parts as batches
from streams.batches import record_parser
from streams.batches.fetched import UnreadableBatch, read_by_parts, verify_readable
from streams.batches.single_record import SingleRecordBatch
from streams.engine.chunks import Chunk, regrouped
from streams.errors import OperatorError
from streams.packed import Packed
from streams.records import Row

SOURCE = TP("ipg12.episodes", 0)
PART_BYTES = 1_000
TURN_BYTES = 3_000
TRANSACTIONAL = 0x10
LOG_APPEND_TIME = 0x08
GZIP = 1

BinaryHeader = tuple[bytes, bytes | None]


class Assignment:
    """What the group has assigned: one partition, read from its beginning."""

    active, paused, position = True, False, 0

    def state_value(self, _: TP) -> "Assignment":
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> Iterator[None]:
    """Let parts be so small that what tests make has many of them."""
    with pytest.MonkeyPatch.context() as patch:
        read_by_parts()
        patch.setattr(record_parser, "PART_BYTES", PART_BYTES)
        patch.setattr(record_parser, "PACKED_BYTES", PART_BYTES // 4)
        patch.setattr(batches, "TURN_BYTES", TURN_BYTES)
        yield


def turns(fetched: bytes, most: int | None = None, begin: int = 0) -> Iterator[list[Any]]:
    """Take what was fetched from offset `begin` on, turn by turn."""
    assignment = Assignment()
    assignment.position = begin
    records = fetcher.PartitionRecords(
        *(SOURCE, fetcher.MemoryRecords(fetched), [], begin, None, None, True, READ_COMMITTED)
    )
    result = FetchResult(SOURCE, partition_records=records, assignment=assignment, backoff=0)
    while result.has_more():
        taken = result.getall(most)
        assert taken or not result.has_more()
        if not isinstance([*taken, None][0], UnreadableBatch):
            assert assignment.position > max((record.offset for record in taken), default=-1)
        yield taken


def taken(fetched: bytes, most: int | None = None, begin: int = 0) -> list[Any]:
    return [*chain.from_iterable(turns(fetched, most, begin))]


def plain(record: Any) -> RawRecord:  # noqa: ANN401  # aiokafka's or ours
    """Give what a record says as a publisher would write it."""
    key, value = (each and bytes(each) for each in (record.key, record.value))
    headers = tuple((name.encode(errors="surrogateescape"), each) for name, each in record.headers)
    return RawRecord(value, key, record.timestamp, headers)


any_bytes = st.one_of(
    st.none(), st.binary(max_size=40), st.integers(1, 3_000).map(lambda size: b"v" * size)
)
any_records = st.builds(
    RawRecord,
    any_bytes,
    any_bytes,
    st.integers(-(2**63), 2**63 - 1),
    st.lists(st.tuples(st.binary(max_size=10), st.none() | st.binary()), max_size=9).map(tuple),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(CODECS)), st.lists(any_records, min_size=1, max_size=9)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([None, 1, 5]),
    st.integers(0, 8),
)
def test_whatever_a_publisher_has_written_is_taken_as_it_is_from_any_offset_on(
    written: list[tuple[str, list[RawRecord]]], most: int | None, begin: int
) -> None:
    sizes = [len(records) for _, records in written]
    offsets = accumulate(sizes, initial=0)
    fetched = b"".join(
        raw_batch(records, codec, offset=offset)
        for (codec, records), offset in zip(written, offsets, strict=False)
    )
    begin = min(begin, sizes[0] - 1)
    found = taken(fetched, most, begin)

    assert [record.offset for record in found] == list(range(begin, sum(sizes)))
    assert [*map(plain, found)] == [record for _, records in written for record in records][begin:]
    assert not hasattr(found[0], "topic"), "aiokafka dresses records again: see batches.py"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", [b"name", b"\xff"])
def test_a_turn_ends_before_its_records_take_much_memory_whatever_they_are_made_of(
    codec: str, name: bytes
) -> None:
    small, large = RawRecord(b" " * 100), RawRecord(b" " * 50_000)
    headers = RawRecord(b"", headers=[(name, None)] * 20)
    records = [*[small] * 200, *[RawRecord(None)] * 300, *[headers] * 50, *[large] * 3, small]
    found = [*turns(raw_batch(records, codec))]

    assert [plain(each).value for each in chain(*found)] == [each.value for each in records]
    for turn in found:
        held = sum(
            batches.OBJECT_BYTES * (1 + len(each.headers)) + len(each.value or b"")
            for each in turn
            if len(each.value or b"") <= PART_BYTES
        )
        assert held <= 2 * TURN_BYTES
        if codec != "none":
            assert sum(len(each.value or b"") > PART_BYTES for each in turn) <= 1


def test_the_time_of_appending_stands_for_that_of_every_record() -> None:
    records = [RawRecord(b"v" * size, timestamp=size) for size in (3, 5_000, 9)]
    for codec in ("none", "zstd"):
        found = taken(raw_batch(records, codec, attributes=LOG_APPEND_TIME))
        assert [record.timestamp for record in found] == [5_000] * 3


@pytest.mark.parametrize("offsets", [[0, 5, 2], [-3, -2, -1], [7, 7, 7], [2, 1, 0]])
@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_records_that_name_offsets_of_others_are_taken_in_their_places(
    codec: str, offsets: Sequence[int]
) -> None:
    records = [RawRecord(str(each).encode(), offset=each) for each in offsets]
    behind = raw_batch([RawRecord(b"behind")], offset=13)
    found = taken(raw_batch(records, codec, offset=10) + behind)

    assert [record.offset for record in found] == [10, 11, 12, 13]
    assert [record.value for record in found] == [*(each.value for each in records), b"behind"]


def test_a_batch_of_which_compaction_has_left_some_records_keeps_their_offsets() -> None:
    records = [RawRecord(b"v" * 500, offset=each) for each in (0, 2)]
    last_offset = (3).to_bytes(4)
    for codec in ("none", "zstd"):
        batch = bytearray(raw_batch(records, codec, offset=10))
        batch[23:27] = last_offset
        fetched = fetcher.PartitionRecords(
            *(SOURCE, fetcher.MemoryRecords(bytes(batch)), [], 0, None, None, False, READ_COMMITTED)
        )
        assert [record.offset for record in fetched] == [10, 12]
        assert fetched.next_fetch_offset == 14


def test_what_was_fetched_is_let_go_of_without_a_search_for_cycles() -> None:
    """The worker hardly ever has Python look for cycles: what is in one stays for minutes."""
    gc.collect()
    gc.disable()
    try:
        for codec in CODECS:
            batch = raw_batch(
                [RawRecord(b"v" * 500)] * 20 + [RawRecord(b"v", headers=[(b"\xff", b"")])], codec
            )
            fetched = batches.BatchParts(batch)
            gone = weakref.ref(fetched)
            while fetched.has_next() or fetched.take_turn():
                assert list(fetched.next_batch())
            del fetched
            assert gone() is None
    finally:
        gc.enable()


RECORDS = [RawRecord(b"v" * 50), RawRecord(b"w" * 500)]
CONTENT = b"".join(each.written(place, 0) for place, each in enumerate(RECORDS))
FIRST, SECOND = snappy_encode(CONTENT[:20]), snappy_encode(CONTENT[20:])
SNAPPY_HEADER, EMPTY_BLOCK = FIRST[:16], b"\0\0\0\1\0"
LZ4 = {"block_linked": False, "content_checksum": True, "block_checksum": True}
LZ4_FRAME = lz4.frame.compress(CONTENT, **LZ4, store_size=False)


@pytest.mark.parametrize(
    "codec,body",
    [
        ("snappy", FIRST + SECOND),
        ("snappy", SNAPPY_HEADER + FIRST + EMPTY_BLOCK + SECOND[16:]),
        ("snappy", bytes(snappy_encode(CONTENT, xerial_compatible=False))),
        ("lz4", LZ4_FRAME[:-1] + b"\0"),
        ("lz4", lz4.frame.compress(CONTENT, **LZ4, store_size=True)),
        ("lz4", LZ4_FRAME[:7] + b"\0\0\0\x80" + bytes(4) + LZ4_FRAME[7:]),
        ("gzip", b"".join(gzip.compress(part, mtime=0) for part in (CONTENT[:20], CONTENT[20:]))),
        ("zstd", zstd_encode(CONTENT[:20]) + zstd_encode(CONTENT[20:])),
    ],
)
def test_whatever_brokers_can_decompress_is_read(
    monkeypatch: pytest.MonkeyPatch, codec: str, body: bytes
) -> None:
    monkeypatch.setitem(CODECS, codec, (CODECS[codec][0], lambda _: body))
    assert [*map(plain, taken(raw_batch(RECORDS, codec)))] == RECORDS


class JunkAbove32Bits(RawRecord):
    """A record whose sizes have bits beyond the 32 that Java keeps."""

    def written(self, place: int, _: int) -> bytes:
        fields = [b"\0\0", varint(place), self.sized(b"k"), self.sized(b"v"), self.number(1)]
        content = b"".join([*fields, self.sized(b"name"), self.sized(b"h")])
        return self.number(len(content)) + content

    def number(self, number: int) -> bytes:
        encoded = number << 1
        return bytes([*(encoded >> shift & 0x7F | 0x80 for shift in (0, 7, 14, 21)), 0x70])

    def sized(self, content: bytes) -> bytes:
        return self.number(len(content)) + content


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_numbers_are_read_as_java_reads_them(codec: str) -> None:
    junk = raw_batch([JunkAbove32Bits(b"")] * 200, codec)
    assert {plain(each) for each in taken(junk)} == {RawRecord(b"v", b"k", 0, ((b"name", b"h"),))}


@pytest.mark.parametrize("attributes", [0x80, 0xFF])
@pytest.mark.parametrize("key", [b"k", b"", None])
def test_attributes_of_a_record_mean_nothing(attributes: int, key: bytes | None) -> None:
    records = [RawRecord(b"v", key, 7), RawRecord(b"w", key, 8)]
    odd = [replace(each, attributes=attributes) for each in records]
    assert [*map(plain, taken(raw_batch(odd)))] == records


def test_a_batch_with_every_attribute_is_read() -> None:
    batch = raw_batch([RawRecord(b"v")], "zstd", attributes=-0x80)
    assert [plain(each).value for each in taken(batch)] == [b"v"]


@pytest.mark.parametrize("codec", ["gzip", "lz4"])
def test_what_stands_behind_the_last_record_of_a_batch_is_passed_over(codec: str) -> None:
    records = [RawRecord(b"v" * 5_000), RawRecord(b"w")]
    assert [*map(plain, taken(raw_batch(records, codec, behind=b"anything")))] == records


TOO_MANY = [
    RawRecord(b"v", headers=[(name, None)] * (record_parser.MOST_HEADERS + 1))
    for name in (b"a", b"\xff")
]
TOO_LARGE = RawRecord(b"v", headers=[(b"name", b"h" * 2 * PART_BYTES)])


@pytest.mark.parametrize("record", [*TOO_MANY, TOO_LARGE], ids=["many", "odd", "large"])
def test_headers_that_nobody_could_hold_are_left_out(record: RawRecord) -> None:
    records = [RawRecord(b"before", headers=[(b"kept", b"")]), record, RawRecord(b"behind")]
    found = taken(raw_batch(records, "zstd"))
    assert [(plain(each).value, list(each.headers)) for each in found] == [
        (b"before", [("kept", b"")]),
        (b"v", []),
        (b"behind", []),
    ]


def test_what_cannot_be_read_is_handed_over_by_itself_once_all_before_it_is() -> None:
    damaged = bytearray(raw_batch([RawRecord(b"damaged")] * 2, offset=2))
    damaged[-3] ^= 1
    (found,) = turns(raw_batch([RawRecord(b"0"), RawRecord(b"1")]) + damaged)
    verify_readable(found)
    assert [record.value for record in found] == [b"0", b"1"]

    (unreadable,) = taken(bytes(damaged), begin=2)
    place = r"^ipg12\.episodes/0, offsets 2 to 3: CorruptRecordException while reading them; see"
    with pytest.raises(OperatorError, match=place):
        verify_readable([unreadable])
    chunks = regrouped([Chunk([*found, unreadable], None)], 100)
    assert [[record.offset for record in chunk.records] for chunk in chunks] == [[0, 1], [2]]


class Negative(RawRecord):
    """A record that says it is shorter than nothing."""

    def written(self, _: int, __: int) -> bytes:
        return varint(-5) + bytes(2 * PART_BYTES)


def read_all(parts: batches.BatchParts) -> None:
    while list(parts.next_batch()):
        pass


def test_a_batch_that_is_not_what_it_says_is_named() -> None:
    small, large = RawRecord(b"v"), RawRecord(b"v" * 2 * PART_BYTES)
    too_few = [bytearray(raw_batch([each] * 2, "zstd")) for each in (small, large)]
    for batch in too_few:
        batch[57:61] = (3).to_bytes(4)
    longer = raw_batch([replace(large, behind=b"more")], "zstd")
    short = bytearray(longer)
    short[8:12] = (9).to_bytes(4)
    for wrong in (*too_few, longer, short, raw_batch([Negative(b"")], "zstd")):
        parts = batches.BatchParts(bytes(wrong))
        with pytest.raises(CorruptRecordException):
            read_all(parts)


@pytest.mark.parametrize("codec", [0, GZIP])
@pytest.mark.parametrize("magic", [0, 1])
def test_batches_of_old_formats_are_taken_unless_they_hold_too_much(
    monkeypatch: pytest.MonkeyPatch, magic: int, codec: int
) -> None:
    builder = LegacyRecordBatchBuilder(magic, codec, 100_000)
    for offset in range(3):
        builder.append(offset, timestamp=7, key=b"k", value=b"v" * 2_000)
    fetched = bytes(builder.build())
    if codec:
        fetched = (2).to_bytes(8) + fetched[8:]  # as brokers write it: that of the last record
    times = {None if magic == 0 else 7}
    found = taken(fetched)
    assert [(record.offset, len(record.value)) for record in found] == [
        (offset, 2_000) for offset in range(3)
    ]
    assert {record.timestamp for record in found} == times

    monkeypatch.setattr(old_batches, "LARGEST_BYTES", 5_000)
    if codec:
        (unreadable,) = taken(fetched)
        assert "OldBatchTooLargeError" in unreadable.message
    else:
        assert len(taken(fetched)) == 3


headers = st.lists(st.tuples(st.binary(max_size=9), st.none() | st.binary()), max_size=3)
state = (7, 3, 11)


def test_a_single_record_without_a_timestamp_has_that_of_now() -> None:
    for value in (b"v", Packed(io.BytesIO(b"v").read, 1)):
        before = int(time.time() * 1000)
        (record,) = taken(bytes(SingleRecordBatch(Row(None, value, None, []))._build()))  # noqa: SLF001
        assert before <= record.timestamp <= time.time() * 1000


@given(st.none() | st.binary(), st.none() | st.binary(), st.integers(-(2**62), 2**62), headers)
def test_a_single_record_is_written_byte_for_byte_as_the_format_says(
    key: bytes | None, value: bytes | None, timestamp: int, headers: list[BinaryHeader]
) -> None:
    names = [(name.decode(errors="surrogateescape"), each) for name, each in headers]
    batch = SingleRecordBatch(Row(key, value, timestamp, names))
    batch._set_producer_state(*state)  # noqa: SLF001

    assert (batch.closed(), batch.record_count()) == (True, 1)
    written = RawRecord(value, key, timestamp, headers)
    assert batch._build() is batch._build()  # noqa: SLF001
    assert batch._build() == raw_batch([written], attributes=TRANSACTIONAL, state=state)  # noqa: SLF001


def test_a_packed_record_leaves_compressed_and_comes_back_as_it_was() -> None:
    (came,) = taken(
        raw_batch([RawRecord(b"v" * 90_000, b"k" * 50_000, 5, [(b"\xff", b"h")])], "gzip")
    )
    batch = SingleRecordBatch(Row(came.key, came.value, came.timestamp, list(came.headers)))
    assert len(batch._build()) < 1_000  # noqa: SLF001
    (left,) = taken(bytes(batch._build()))  # noqa: SLF001
    assert (
        plain(left) == plain(came) == RawRecord(b"v" * 90_000, b"k" * 50_000, 5, ((b"\xff", b"h"),))
    )
