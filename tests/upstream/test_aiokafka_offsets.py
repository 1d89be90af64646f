"""What aiokafka's consumer says of where a partition ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.structs import TopicPartition
from upstream.offline import until

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.engine.ledger import Ledger
from streams.engine.partition_reader import PartitionReader
from streams.engine.watermarks import Watermarks
from streams.settings import Settings

SOURCE = TopicPartition("ipg12.episodes", 0)
OTHER = TopicPartition("ipg12.episodes", 1)
LEDGER = TopicPartition("ipg12.ledger", 0)
EARLIEST = -2
LATE_SECONDS = 0.05


@asynccontextmanager
async def consuming(broker: str, *partitions: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, group_id=None, auto_offset_reset="earliest", fetch_max_wait_ms=10
    )
    await consumer.start()
    consumer.assign(partitions)
    try:
        yield consumer
    finally:
        await consumer.stop()


async def publish(broker: str, partition: TopicPartition, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for value in values:
            await producer.send_and_wait(partition.topic, value, partition=partition.partition)


def times_of(request: OffsetRequest) -> set[int]:
    """Give the times whose offsets are looked up."""
    return {time for _, partitions in request._topics for _, time in partitions}  # noqa: SLF001


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Have every look-up of earliest offsets answered late; set once there is one under way."""
    sent = asyncio.Event()
    send = AIOKafkaClient.send

    async def send_late(
        self: AIOKafkaClient, node: int, request: object, **options: object
    ) -> object:
        answer = await send(self, node, request, **options)
        if isinstance(request, OffsetRequest) and EARLIEST in times_of(request):
            sent.set()
            await asyncio.sleep(LATE_SECONDS)
        return answer

    monkeypatch.setattr(AIOKafkaClient, "send", send_late)
    return sent


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 takes the first answer for any"
)
async def test_aiokafka_after_seek_to_end_the_position_is_the_end(
    broker: str, looked_up: asyncio.Event
) -> None:
    await publish(broker, LEDGER, b"0", b"1", b"2")
    async with consuming(broker, LEDGER) as consumer:
        await looked_up.wait()
        await consumer.seek_to_end(LEDGER)
        assert await consumer.position(LEDGER) == 3


async def test_ours_reads_the_last_row_whatever_look_ups_are_under_way(
    broker: str, looked_up: asyncio.Event
) -> None:
    rows = [LedgerRow(upto=n, outcomes=dict.fromkeys(Outcome, 0), rules={}) for n in range(3)]
    await publish(broker, LEDGER, *(row.model_dump_json().encode() for row in rows))
    await publish(broker, SOURCE, *[b"{}"] * 3)
    reader = PartitionReader(Settings(brokers=broker))
    ledger = Ledger(reader, LEDGER.topic)
    assert await ledger.last_row(SOURCE, LedgerRow) == rows[2]
    assert looked_up.is_set()


async def fall_behind(broker: str, consumer: AIOKafkaConsumer) -> None:
    """Leave one partition's records in the buffer, and publish more to it, then to another."""
    await publish(broker, SOURCE, b"0", b"1", b"2")
    await until(lambda: consumer.highwater(SOURCE))
    await publish(broker, SOURCE, b"3", b"4", b"5")
    await publish(broker, OTHER, b"0")
    assert await consumer.getone(OTHER)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 learns the end from fetches alone"
)
async def test_aiokafka_523_knows_the_end_of_a_partition_whose_buffer_is_full(broker: str) -> None:
    async with consuming(broker, SOURCE, OTHER) as consumer:
        await fall_behind(broker, consumer)
        assert consumer.highwater(SOURCE) == 6


async def test_ours_asks_for_the_end_of_a_partition_whose_buffer_is_full_523(broker: str) -> None:
    ends = Watermarks(Settings(brokers=broker))
    async with consuming(broker, SOURCE, OTHER) as consumer:
        await fall_behind(broker, consumer)
        found = await ends.read([SOURCE])
    await ends.stop()
    assert found[SOURCE].end == 6
