"""How aiokafka's clients end."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.structs import TopicPartition
from confluent_kafka import Producer

from streams.demo.broker import TIMEOUT_SECONDS, embedded_broker
from streams.engine import transaction_writer as module
from streams.engine.transaction_writer import TopicRows, TransactionWriter
from streams.kafka.stopping import stop_within
from streams.records import Row
from streams.settings import Settings

TOPIC = "ipg12.episodes"
REQUEST_SECONDS = 0.1
LONG_SECONDS = 10 * REQUEST_SECONDS


async def let_go(producer: AIOKafkaProducer, stopping: asyncio.Task[None]) -> None:
    """End what a producer that does not stop has left: the first cancellation does not."""
    while not stopping.done():
        producer._sender.sender_task.cancel()  # noqa: SLF001
        await asyncio.wait({stopping}, timeout=0.01)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 cancels a task, and waits for it"
)
async def test_aiokafka_647_a_consumer_that_stops_is_not_taken_for_cancelled(broker: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=None)

    async def start_and_stop() -> None:
        await consumer.start()
        await consumer.stop()

    task = asyncio.create_task(start_and_stop())
    await asyncio.wait({task})
    try:
        assert not task.cancelled()
    finally:
        await consumer._fetcher.close()  # noqa: SLF001
        await consumer._client.close()  # noqa: SLF001


async def test_ours_is_not_cancelled_by_a_consumer_that_stops_647(broker: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=None)
    await consumer.start()
    assert await stop_within(LONG_SECONDS, consumer.stop())


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 sends what is left for ever"
)
async def test_aiokafka_1101_a_producer_stops_though_its_brokers_are_gone() -> None:
    with embedded_broker([TOPIC]) as address:
        producer = AIOKafkaProducer(
            bootstrap_servers=address,
            transactional_id="upstream",
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
        )
        await producer.start()
        await producer.partitions_for(TOPIC)
        await producer.begin_transaction()
    await producer.send(TOPIC, b"{}", partition=0)
    stopping = asyncio.create_task(producer.stop())
    done, _ = await asyncio.wait({stopping}, timeout=LONG_SECONDS)
    try:
        assert done
    finally:
        await let_go(producer, stopping)


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "silent"])
async def test_ours_stops_in_time_though_the_brokers_are_gone_1101(
    monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", LONG_SECONDS / 2)
    monkeypatch.setattr(module, "ABORT_SECONDS", REQUEST_SECONDS)
    cluster = Producer({"test.mock.num.brokers": 2, "log_level": 0})
    for topic in (TOPIC, "ipg12.verdicts", "ipg12.ledger"):
        brokers = cluster.list_topics(topic, timeout=TIMEOUT_SECONDS).brokers.values()
    settings = Settings(brokers=",".join(f"{each.host}:{each.port}" for each in brokers))
    source = TopicPartition(TOPIC, 0)
    outlet = TransactionWriter(settings, source)
    rows = [Row(b"%d" % number, b"{}", None, []) for number in range(9)]
    bundles = [TopicRows("ipg12.verdicts", rows, keyed=True), TopicRows("ipg12.ledger", rows)]
    await outlet.start()
    await outlet.commit(bundles, {source: 1})
    if gone:
        del cluster
    else:
        silence(outlet._producer)  # noqa: SLF001
    committing = asyncio.create_task(outlet.commit(bundles, {source: 2}))
    await asyncio.wait({committing}, timeout=REQUEST_SECONDS)
    async with asyncio.timeout(3 * LONG_SECONDS):
        await outlet.stop()
    committing.cancel()
    await asyncio.wait({committing})
    left = [repr(task.get_coro()) for task in asyncio.all_tasks()]
    assert not [coroutine for coroutine in left if "Sender" in coroutine]


def silence(producer: AIOKafkaProducer) -> None:
    """Let no broker answer what is produced."""
    send = producer.client.send

    async def send_in_vain(node: int, request: object, **options: object) -> object:
        if isinstance(request, ProduceRequest):
            await asyncio.Event().wait()
        return await send(node, request, **options)

    producer.client.send = send_in_vain
