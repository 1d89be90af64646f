from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from faust.types import TP

from streams.kafka import transport

SOURCE = TP("ipg12.episodes", 0)


def test_records_come_as_they_were_parsed_and_have_all_that_is_asked_of_them() -> None:
    assert transport.CommittedTransport
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 10_000)
    builder.append(0, 1_767_225_600_000, b"key", b"value", [("name", b"header"), ("none", None)])
    builder.append(1, None, None, None, [])
    fetched = MemoryRecords(bytes(builder.build()))
    whole, bare = PartitionRecords(SOURCE, fetched, [], 0, None, None, True, READ_COMMITTED)  # noqa: FBT003
    assert (whole.offset, whole.timestamp) == (0, 1_767_225_600_000)
    assert (whole.key, whole.value) == (b"key", b"value")
    assert list(whole.headers) == [("name", b"header"), ("none", None)]
    assert (bare.offset, bare.key, bare.value, list(bare.headers)) == (1, None, None, [])
    assert not hasattr(whole, "topic"), "aiokafka dresses records again: see transport.py"
