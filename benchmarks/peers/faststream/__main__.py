"""A FastStream subscriber: batches in, records out one by one, the commit when all are delivered.

A batch that it publishes has one set of headers and one timestamp for all its records; so each
record is published by itself, without waiting, and what became of them is awaited in the end.
"""

import asyncio
import logging
from asyncio import Future
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from faststream import AckPolicy, FastStream, NoCast
from faststream.kafka import KafkaBroker
from faststream.message import StreamMessage

from benchmarks.peers.work import BROKERS, GROUP, TOPICS, judged
from streams.records import Header

BATCH_RECORDS: Final = 2_000

Records = Sequence[ConsumerRecord]

broker: Final = KafkaBroker(
    BROKERS,
    acks="all",
    max_batch_size=1_000_000,
    max_request_size=10_000_000,
    allow_auto_create_topics=False,
    logger=None,
)


async def as_consumed(message: StreamMessage[Records]) -> Records:
    """Hand records on as they are: by default each value would be read as JSON."""
    records: Records = message.raw_message
    return records


@broker.subscriber(  # type: ignore[untyped-decorator]  # it is installed elsewhere
    TOPICS.episodes,
    group_id=GROUP,
    auto_offset_reset="earliest",
    isolation_level="read_committed",
    ack_policy=AckPolicy.NACK_ON_ERROR,
    batch=True,
    max_records=BATCH_RECORDS,
    decoder=as_consumed,
)
async def validate(records: NoCast[Records]) -> None:
    """Judge a batch; it is committed when this has returned."""
    sent: list[Future[Any]] = []
    for record in records:
        partition = record.partition
        _, topic, headers, answer = judged(partition, record.offset, record.value, record.headers)
        sent.append(
            await broker.publish(
                record.value,
                topic,
                key=record.key,
                partition=partition,
                timestamp_ms=record.timestamp,
                headers=_as_text(headers),
                no_confirm=True,
            )
        )
        if answer is not None:
            sent.append(
                await broker.publish(
                    answer.value,
                    TOPICS.verdicts,
                    key=answer.key,
                    headers=_as_text(answer.headers),
                    no_confirm=True,
                )
            )
    await asyncio.gather(*sent)


def _as_text(headers: Iterable[Header]) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in headers}


if __name__ == "__main__":
    asyncio.run(FastStream(broker, logger=None).run(log_level=logging.WARNING))
