"""What aiokafka's transactions promise."""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import suppress

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
    EndTxnRequest,
    TxnOffsetCommitRequest,
)
from aiokafka.structs import TopicPartition
from broker.kafka import Cluster
from broker.late import Kind, LateRequest
from broker.proxy import healing
from broker.records import read_topic
from confluent_kafka.admin import NewTopic

from streams.engine.producer import TransactionalProducer
from streams.engine.transaction_writer import TopicRows, TransactionWriter
from streams.kafka.topics import wanted
from streams.records import Row
from streams.settings import Settings

TOPIC = "ipg12.episodes"
REFUSED = TOPIC
ALLOWED = "ipg12.ledger"
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
    source = TopicPartition("ours.episodes", 0)
    outlet = TransactionWriter(settings, source)
    await outlet.start()
    topics = ("ours.compliant", "ours.verdicts", "ours.ledger")
    bundles = [
        TopicRows(topic, [Row(None, value, None, [])])
        for topic, value in zip(topics, (b"a" * TOO_LARGE, b"b", b"c"), strict=True)
    ]
    with pytest.raises(MessageSizeTooLargeError):
        await outlet.commit(bundles, {source: 1})
    await outlet.stop()
    assert [record for topic in topics for record in read_topic(cluster.client, topic)] == []


def create(cluster: Cluster, *topics: NewTopic) -> None:
    admin = cluster.admin()
    for created in admin.create_topics(list(topics)).values():
        created.result()


class Coordinator:
    """Answers for the brokers: adds REFUSED to no transaction, and notes what it is asked."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.handed_over = asyncio.Event()
        """Set once the refusal may be given."""
        self.asked: list[type] = []
        self._send = producer.client.send
        producer.client.send = self.send

    async def send(self, node: int, request: object, **options: object) -> object:
        """Send a request to the brokers, or refuse it."""
        self.asked.append(type(request))
        if isinstance(request, AddPartitionsToTxnRequest):
            topics = [topic for topic, _ in request._topics]  # noqa: SLF001
            if REFUSED in topics:
                await self.handed_over.wait()
                errors = [TopicAuthorizationFailedError.errno, OperationNotAttempted.errno]
                answers = [(topic, [(0, errors[topic != REFUSED])]) for topic in topics]
                return AddPartitionsToTxnResponse_v0(throttle_time_ms=0, errors=answers)
        return await self._send(node, request, **options)


async def send(producer: AIOKafkaProducer, topic: str) -> asyncio.Future[object]:
    batch = producer.create_batch()
    batch.append(key=None, value=b"a", timestamp=None)
    sent: asyncio.Future[object] = await producer.send_batch(batch, topic, partition=0)
    return sent


async def after_a_refusal(producer: AIOKafkaProducer) -> tuple[bool, set[type]]:
    """Let a transaction be refused one of two topics.

    Tells whether anything was produced all the same, and what those are told who wait for a batch,
    or to send a second one.
    """
    async with producer:
        brokers = Coordinator(producer)
        await producer.begin_transaction()
        sent = [await send(producer, topic) for topic in (REFUSED, ALLOWED)]
        second = asyncio.create_task(send(producer, REFUSED))
        await asyncio.sleep(0)
        brokers.handed_over.set()
        told = await asyncio.gather(*sent, second, return_exceptions=True)
    return ProduceRequest in brokers.asked, {type(each) for each in told}


@pytest.mark.xfail(
    strict=True, raises=pytest.fail.Exception, reason="aiokafka 0.14 produces what was refused"
)
async def test_aiokafka_produces_nothing_that_its_transaction_may_not_have(broker: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, transactional_id="upstream")
    produced, _ = await after_a_refusal(producer)
    if produced:
        pytest.fail("it was produced")


async def test_ours_produces_nothing_that_its_transaction_may_not_have(broker: str) -> None:
    producer = TransactionalProducer(Settings(brokers=broker), "ours")
    assert await after_a_refusal(producer) == (False, {TopicAuthorizationFailedError})


async def aborted_after_a_refusal(producer: AIOKafkaProducer) -> bool:
    """Let a transaction that has one topic be refused another; tells whether it is aborted."""
    async with producer:
        brokers = Coordinator(producer)
        brokers.handed_over.set()
        await producer.begin_transaction()
        await (await send(producer, ALLOWED))
        await asyncio.wait({await send(producer, REFUSED)})
        await producer.abort_transaction()
    return EndTxnRequest in brokers.asked


@pytest.mark.xfail(
    strict=True, raises=pytest.fail.Exception, reason="aiokafka 0.14 takes it for empty"
)
async def test_aiokafka_aborts_a_transaction_that_was_refused_a_topic(broker: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, transactional_id="upstream")
    if not await aborted_after_a_refusal(producer):
        pytest.fail("it was left open")


async def test_ours_aborts_a_transaction_that_was_refused_a_topic(broker: str) -> None:
    assert await aborted_after_a_refusal(TransactionalProducer(Settings(brokers=broker), "our"))


async def commit_then_abort(make_producer: Callable[[], AIOKafkaProducer], topic: str) -> None:
    """Commit a transaction, with a new producer if that fails, then abort another one."""
    producer = make_producer()
    await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(topic, b"of the first", partition=0)
    try:
        await producer.commit_transaction()
    except KafkaError:
        await producer.stop()
        producer = make_producer()
        await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(topic, b"of the second", partition=0)
    with suppress(KafkaError):
        await producer.abort_transaction()
    await producer.stop()


async def committed_of_an_aborted_transaction(
    cluster: Cluster, topic: str, make_producer: Callable[[], AIOKafkaProducer]
) -> bool:
    """Abort the transaction after one whose EndTxn comes late; tell whether it can be read."""
    create(cluster, NewTopic(topic, 1, 1))
    cluster.network.late = late = LateRequest(Kind.END_TXN, topic)
    with healing(cluster.network):
        await commit_then_abort(make_producer, topic)
    assert late.delivered
    return b"of the second" in {
        record.content.value for record in read_topic(cluster.client, topic)
    }


@pytest.mark.xfail(
    strict=True, raises=pytest.fail.Exception, reason="aiokafka 0.14 goes on with the same epoch"
)
async def test_aiokafka_ends_no_transaction_with_the_late_end_of_another(cluster: Cluster) -> None:
    topic = "upstream.late"

    def make_producer() -> AIOKafkaProducer:
        return AIOKafkaProducer(bootstrap_servers=cluster.edge_address, transactional_id=topic)

    if await committed_of_an_aborted_transaction(cluster, topic, make_producer):
        pytest.fail("it was committed")


async def test_ours_ends_no_transaction_with_the_late_end_of_another(cluster: Cluster) -> None:
    topic, settings = "ours.late", Settings(brokers=cluster.edge_address)

    def make_producer() -> AIOKafkaProducer:
        return TransactionalProducer(settings, topic)

    assert not await committed_of_an_aborted_transaction(cluster, topic, make_producer)


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
