"""The transactional producer of one source partition."""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation, KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from schemas.ledger import LedgerRow
from streams.kafka.connection import for_aiokafka
from streams.outbox import Outbox, Row
from streams.settings import Settings
from streams.topics import Topics

TRANSACTION_SECONDS: Final = 10.0
"""How long the broker lets a transaction stay open before it aborts it."""

START_SECONDS: Final = 60.0
COMMIT_SECONDS: Final = TRANSACTION_SECONDS + 20.0
STOP_SECONDS: Final = 2.0

BATCH_BYTES: Final = 1_000_000
"""Size at which a batch is closed and the next one begun; a larger record has one to itself."""

PAST_USE: Final = (KafkaError, IllegalOperation, AssertionError, TimeoutError)
"""How aiokafka says that a producer is fenced, or that its state does not allow what is asked."""

_by_key = DefaultPartitioner()


class Outlet:
    """Writes what comes of one source partition, each chunk in a transaction.

    Its transactional id belongs to the source partition: starting it fences whoever wrote for
    that partition before, and ends what transaction was left open.
    """

    def __init__(self, settings: Settings, source: TopicPartition) -> None:
        """Name the source partition."""
        self._settings = settings
        self._source = source
        self._topics = Topics(settings.topic_prefix)
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Fence the predecessor; once this returns, its last transaction has ended."""
        self._producer = AIOKafkaProducer(
            **for_aiokafka(self._settings),
            acks="all",
            transactional_id=f"{self._settings.group}-{self._source.topic}-{self._source.partition}",
            transaction_timeout_ms=int(TRANSACTION_SECONDS * 1000),
            max_batch_size=BATCH_BYTES,
            linger_ms=0,
        )
        async with asyncio.timeout(START_SECONDS):
            await self._producer.start()

    async def stop(self) -> None:
        """Let go of the producer, whatever state it is in."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(*PAST_USE):
                await asyncio.wait_for(producer.stop(), STOP_SECONDS)

    async def commit(self, outbox: Outbox, row: LedgerRow) -> None:
        """Write copies, answers, ledger row and the group's offset, all of them or none."""
        async with self._transaction() as producer:
            sent = []
            for outcome, rows in outbox.copies.items():
                topic = self._topics.outputs[outcome]
                sent += await _send(producer, topic, self._source.partition, rows)
            sent += await self._send_answers(producer, outbox.answers)
            sent.append(
                await producer.send(
                    self._topics.ledger,
                    key=f"{self._source.topic}/{self._source.partition}".encode(),
                    value=row.model_dump_json().encode(),
                    partition=self._source.partition,
                )
            )
            await producer.send_offsets_to_transaction(
                {self._source: OffsetAndMetadata(row.upto + 1, "")}, self._settings.group
            )
            # aiokafka 0.14 commits even where a batch was refused, so each is looked at first.
            await asyncio.gather(*sent)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AIOKafkaProducer]:
        """Open a transaction that any exception aborts, cancellation included."""
        if self._producer is None:
            message = "the outlet has not been started"
            raise IllegalOperation(message)
        async with asyncio.timeout(COMMIT_SECONDS), self._producer.transaction():
            yield self._producer

    async def _send_answers(
        self, producer: AIOKafkaProducer, answers: list[Row]
    ) -> list[Future[Any]]:
        """Send answers to the partitions of their keys; those without one stay in the source's."""
        if not answers:
            return []
        topic = self._topics.verdicts
        partitions = sorted(await producer.partitions_for(topic))
        by_partition: dict[int, list[Row]] = {}
        for answer in answers:
            partition = (
                self._source.partition
                if answer.key is None
                else _by_key(answer.key, partitions, partitions)
            )
            by_partition.setdefault(partition, []).append(answer)
        sent = []
        for partition, rows in by_partition.items():
            sent += await _send(producer, topic, partition, rows)
        return sent


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, rows: Iterable[Row]
) -> list[Future[Any]]:
    """Send rows in as few batches as hold them; gives a future for each batch."""
    sent = []
    batch = producer.create_batch()
    for row in rows:
        while (
            batch.append(key=row.key, value=row.value, timestamp=row.timestamp, headers=row.headers)
            is None
        ):
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
    if batch.record_count():
        batch.close()
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    return sent
