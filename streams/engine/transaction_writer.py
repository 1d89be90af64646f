"""The writer of the output of one source partition, one transaction for each chunk."""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka.errors import IllegalOperation, KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from streams.batches.single_record import SingleRecordBatch
from streams.engine.producer import TRANSACTION_SECONDS, TransactionalProducer, retrieve_exception
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.kafka.topics import transactional_ids
from streams.records import Row
from streams.settings import Settings

OPEN_SECONDS: Final = 12.0
"""How long brokers that answer may take to end the transaction of the previous producer."""

COMMIT_SECONDS: Final = TRANSACTION_SECONDS + 2.0
ABORT_SECONDS: Final = 1.0

Sent = tuple[str, Future[Any]]
"""The topic of a batch, and the future of its delivery."""

_by_key = DefaultPartitioner()


class TopicRows(NamedTuple):
    """Rows for one topic: for the partition with the source's number or, if `keyed`, by key."""

    topic: str
    rows: Sequence[Row]
    keyed: bool = False


class TransactionWriter:
    """Writes the output of one source partition, each chunk in a transaction.

    Its transactional id belongs to the source partition: starting it fences the previous producer
    for that partition, and ends a transaction that was left open.
    """

    def __init__(self, settings: Settings, source: TopicPartition) -> None:
        self._settings = settings
        self._partition = source.partition
        self._ids = transactional_ids(settings.group, source.topic)
        self._producer: TransactionalProducer | None = None

    async def start(self) -> None:
        """Fence the previous producer; once this returns, its last transaction has ended."""
        producer = TransactionalProducer(self._settings, f"{self._ids}{self._partition}")
        self._producer = producer
        await producer.start()
        if self._producer is not producer:
            await producer.force_stop()
            message = "the writer was stopped while it started"
            raise IllegalOperation(message)

    async def stop(self) -> None:
        """Close the producer, whatever state it is in."""
        producer, self._producer = self._producer, None
        if producer is not None and not await stop_within(STOP_SECONDS, producer.stop()):
            await producer.force_stop()

    async def commit(
        self, rows_by_topic: Iterable[TopicRows], offsets: Mapping[TopicPartition, int]
    ) -> None:
        """Write rows and the group's next offsets, all of them or none."""
        not_empty = [each for each in rows_by_topic if each.rows]
        async with self._transaction() as producer:
            # With all metadata loaded, a refusal is raised by the send that it concerns.
            for each in not_empty:
                await producer.partitions_for(each.topic)
            sent = []
            for each in not_empty:
                send = self._send_by_key if each.keyed else self._send
                sent += await send(producer, each.topic, each.rows)
            if offsets:
                await producer.send_offsets_to_transaction(
                    {source: OffsetAndMetadata(offset, "") for source, offset in offsets.items()},
                    self._settings.group,
                )
            # aiokafka 0.14 commits even if a batch was refused, so each future is checked first.
            for topic, future in sent:
                try:
                    await future
                except KafkaError as error:
                    if not error.args:
                        error.add_note(topic)
                    raise

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[TransactionalProducer]:
        """Open a transaction that any exception aborts, cancellation included.

        The producer is not used again after an abort. If the abort gets no answer, the start of the
        next producer aborts the transaction.
        """
        producer = self._producer
        if producer is None:
            message = "the writer has not been started"
            raise IllegalOperation(message)
        async with asyncio.timeout(COMMIT_SECONDS):
            await producer.begin_transaction()
            try:
                yield producer
            except BaseException:
                await stop_within(ABORT_SECONDS, producer.abort_transaction())
                raise
            await producer.commit_transaction()

    async def _send(
        self, producer: TransactionalProducer, topic: str, rows: Sequence[Row]
    ) -> list[Sent]:
        """Send rows to the partition with the source's number."""
        return await _send(producer, topic, self._partition, rows)

    async def _send_by_key(
        self, producer: TransactionalProducer, topic: str, rows: Sequence[Row]
    ) -> list[Sent]:
        """Send rows to the partitions of their keys; those without a key to the source's number."""
        numbers = sorted(await producer.partitions_for(topic))
        keys = {row.key for row in rows}
        partitions = {
            key: self._partition if key is None else _by_key(key, numbers, numbers) for key in keys
        }
        by_partition: dict[int, list[Row]] = {}
        for row in rows:
            by_partition.setdefault(partitions[row.key], []).append(row)
        sent = []
        for partition, partition_rows in by_partition.items():
            sent += await _send(producer, topic, partition, partition_rows)
        return sent


async def _send(
    producer: TransactionalProducer, topic: str, partition: int, rows: Iterable[Row]
) -> list[Sent]:
    """Send rows to a partition; return the future of each batch."""
    sent = []
    for batch in pack(rows, producer.create_batch):
        future = await producer.send_batch(batch, topic, partition=partition)
        future.add_done_callback(retrieve_exception)
        sent.append((topic, future))
    return sent


def pack(rows: Iterable[Row], create_batch: Callable[[], BatchBuilder]) -> list[BatchBuilder]:
    """Pack rows into as few batches as possible; return these closed."""
    batches: list[BatchBuilder] = []
    batch = None
    for row in rows:
        key, value, timestamp, headers = row
        try:
            # `append` returns None if the batch is full; an empty one takes any row.
            while batch is None or not batch.append(
                key=key, value=value, timestamp=timestamp, headers=headers
            ):
                batch = create_batch()
                batches.append(batch)
        except (TypeError, UnicodeEncodeError):  # packed, or a header's name that is not UTF-8
            batches.append(SingleRecordBatch(row))
            batch = None
    for batch in batches:
        batch.close()
    return [batch for batch in batches if batch.record_count()]
