"""A hand-written aiokafka loop: whole batches in, whole batches out, then the commit.

A crash in between repeats records, and there are no counters to go wrong.
"""

import asyncio
import signal
from asyncio import Future
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.partitioner import DefaultPartitioner

from benchmarks.peers.work import BROKERS, GROUP, TOPICS, judged

FETCHED_RECORDS: Final = 5_000
BATCH_BYTES: Final = 1_000_000

Row = dict[str, Any]
Batches = dict[tuple[str, int], list[Row]]
"""By topic and partition, what is to be appended."""

_by_key: Final = DefaultPartitioner()


async def main() -> None:
    """Run until SIGTERM."""
    task = cast("asyncio.Task[None]", asyncio.current_task())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    consumer = AIOKafkaConsumer(
        TOPICS.episodes,
        bootstrap_servers=BROKERS,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=BROKERS,
        acks="all",
        max_batch_size=BATCH_BYTES,
        max_request_size=10 * BATCH_BYTES,
    )
    async with consumer, producer:
        answer_partitions = sorted(await producer.partitions_for(TOPICS.verdicts))
        while True:
            fetched = await consumer.getmany(timeout_ms=100, max_records=FETCHED_RECORDS)
            sent: list[Future[Any]] = []
            for records in fetched.values():
                for (topic, partition), rows in _sort(records, answer_partitions).items():
                    sent += await _send(producer, topic, partition, rows)
            if sent:
                await asyncio.gather(*sent)
                await consumer.commit()


def _sort(records: Iterable[ConsumerRecord], answer_partitions: list[int]) -> Batches:
    """Judge records of one partition, and lay out what is written for them."""
    batches: Batches = {}
    for record in records:
        partition = record.partition
        _, topic, headers, answer = judged(partition, record.offset, record.value, record.headers)
        row = {
            "key": record.key,
            "value": record.value,
            "timestamp": record.timestamp,
            "headers": headers,
        }
        batches.setdefault((topic, partition), []).append(row)
        if answer is not None:
            to = _by_key(answer.key, answer_partitions, answer_partitions)
            row = {**answer._asdict(), "timestamp": None}
            batches.setdefault((TOPICS.verdicts, to), []).append(row)
    return batches


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, rows: Iterable[Row]
) -> list[Future[Any]]:
    """Send rows to a partition, in as many batches as they fill."""
    sent = []
    batch = producer.create_batch()
    for row in rows:
        if batch.append(**row) is None:
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(**row)
    sent.append(await producer.send_batch(batch, topic, partition=partition))
    return sent


if __name__ == "__main__":
    with suppress(asyncio.CancelledError):
        asyncio.run(main())
