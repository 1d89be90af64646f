"""What aiokafka's transactions promise."""

import asyncio
import inspect

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    IllegalOperation,
    KafkaError,
    MessageSizeTooLargeError,
    OperationNotAttempted,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse_v0,
    TxnOffsetCommitRequest,
)
from aiokafka.structs import TopicPartition
from broker.kafka import Cluster
from broker.records import read_topic
from confluent_kafka.admin import NewTopic

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.kafka.outlet import Outlet
from streams.kafka.producer import TransactionalProducer
from streams.outbox import Outbox, Row
from streams.settings import Settings
from streams.topics import wanted

TOPIC = "ipg12.episodes"
LEDGER = "ipg12.ledger"
TOO_LARGE = 2_000
LIMIT = {"max.message.bytes": "1000"}


async def commit_with_a_refused_batch(address: str, topic: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, transactional_id=topic) as producer:
        await producer.begin_transaction()
        refused = await producer.send(topic, b"a" * TOO_LARGE, partition=0)
        await producer.send(topic, b"b", partition=1)
        await producer.commit_transaction()
        assert isinstance(refused.exception(), MessageSizeTooLargeError)


@pytest.mark.xfail(
    strict=True, raises=pytest.fail.Exception, reason="aiokafka 0.14 forgets a refused batch"
)
async def test_aiokafka_does_not_commit_a_transaction_with_a_refused_batch(
    cluster: Cluster,
) -> None:
    topic = "upstream.refused"
    create(cluster, NewTopic(topic, num_partitions=2, replication_factor=1, config=LIMIT))
    with pytest.raises(KafkaError):
        await commit_with_a_refused_batch(cluster.address, topic)


async def test_ours_commits_nothing_where_a_batch_was_refused(cluster: Cluster) -> None:
    settings = Settings(brokers=cluster.address, topic_prefix="ours.", group="ours")
    limits = {"ours.compliant": LIMIT}
    create(
        cluster,
        *(NewTopic(each.name, 1, 1, config=limits.get(each.name, {})) for each in wanted(settings)),
    )
    outlet = Outlet(settings, TopicPartition("ours.episodes", 0))
    await outlet.start()
    outbox = Outbox(upto=0)
    outbox.copies[Outcome.COMPLIANT] = [Row(None, b"a" * TOO_LARGE, None, [])]
    outbox.answers = [Row(None, b"b", None, [])]
    row = LedgerRow(upto=0, outcomes=dict.fromkeys(Outcome, 0), rules={})
    with pytest.raises(MessageSizeTooLargeError):
        await outlet.commit(outbox, row)
    await outlet.stop()
    topics = ("ours.compliant", "ours.verdicts", "ours.ledger")
    assert [record for topic in topics for record in read_topic(cluster.client, topic)] == []


def create(cluster: Cluster, *topics: NewTopic) -> None:
    admin = cluster.admin()
    for created in admin.create_topics(list(topics)).values():
        created.result()


async def produced_though_refused(producer: AIOKafkaProducer) -> int:
    """Let a transaction be refused a topic; gives how many requests to produce left after that."""
    produced = 0
    handed_over = asyncio.Event()
    send = producer.client.send

    async def send_or_refuse(node: int, request: object, **options: object) -> object:
        nonlocal produced
        if isinstance(request, AddPartitionsToTxnRequest):
            await handed_over.wait()
            errors = {TOPIC: TopicAuthorizationFailedError, LEDGER: OperationNotAttempted}
            refused = [(topic, [(0, error.errno)]) for topic, error in errors.items()]
            return AddPartitionsToTxnResponse_v0(throttle_time_ms=0, errors=refused)
        produced += isinstance(request, ProduceRequest)
        return await send(node, request, **options)

    producer.client.send = send_or_refuse
    await producer.begin_transaction()
    batches = []
    for topic in (TOPIC, LEDGER):
        batch = producer.create_batch()
        batch.append(key=None, value=b"a", timestamp=None)
        batches.append(await producer.send_batch(batch, topic, partition=0))
    handed_over.set()
    await asyncio.wait(batches)
    return produced


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 produces what was refused"
)
async def test_aiokafka_produces_nothing_that_its_transaction_may_not_have(broker: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, transactional_id="upstream")
    async with producer:
        assert not await produced_though_refused(producer)


async def test_ours_produces_nothing_that_its_transaction_may_not_have(broker: str) -> None:
    async with TransactionalProducer(Settings(brokers=broker), "ours") as producer:
        assert not await produced_though_refused(producer)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 leaves states to assert statements"
)
async def test_aiokafka_says_as_kafka_error_that_there_is_nothing_to_commit(broker: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id="upstream") as producer:
        with pytest.raises(KafkaError):
            await producer.commit_transaction()


@pytest.mark.xfail(
    strict=True,
    raises=IllegalOperation,
    reason="aiokafka 0.14 has exceptions that are no KafkaError",
)
async def test_aiokafka_says_as_kafka_error_that_no_transaction_is_open(broker: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id="upstream") as producer:
        with pytest.raises(KafkaError):
            await producer.send_offsets_to_transaction({TopicPartition(TOPIC, 0): 1}, "group")


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 knows no group's generation (KIP-447)"
)
def test_aiokafka_tells_brokers_which_generation_of_a_group_sends_offsets() -> None:
    told = set(inspect.signature(TxnOffsetCommitRequest).parameters)
    assert [name for name in told if "generation" in name]
