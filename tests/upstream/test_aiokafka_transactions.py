"""What aiokafka's transactions promise."""

import inspect

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation, KafkaError, MessageSizeTooLargeError
from aiokafka.protocol.transaction import TxnOffsetCommitRequest
from aiokafka.structs import TopicPartition
from broker.kafka import Cluster
from broker.records import read_topic
from confluent_kafka.admin import NewTopic

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.kafka.outlet import Outlet
from streams.outbox import Outbox, Row
from streams.settings import Settings
from streams.topics import wanted

TOPIC = "ipg12.episodes"
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
