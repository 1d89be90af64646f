"""Writing what comes of one source partition, chunk by chunk."""

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
from streams.engine.producer import TRANSACTION_SECONDS, TransactionalProducer, look_at
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.kafka.topics import transactional_ids
from streams.records import Row
from streams.settings import Settings

OPEN_SECONDS: Final = 12.0
"""How long brokers that answer take at most to end a predecessor's transaction."""

COMMIT_SECONDS: Final = TRANSACTION_SECONDS + 2.0
ABORT_SECONDS: Final = 1.0

Sent = tuple[str, Future[Any]]
"""A topic and what becomes of a batch for it."""

_by_key = DefaultPartitioner()


class TopicRows(NamedTuple):
    """Rows for one topic: for the partition of the source's number, or those of their keys."""

    topic: str
    rows: Sequence[Row]
    keyed: bool = False


class TransactionWriter:
    """Writes what comes of one source partition, each chunk in a transaction.

    Its transactional id belongs to the source partition: starting it fences whoever wrote for
    that partition before, and ends what transaction was left open.
    """

    def __init__(self, settings: Settings, source: TopicPartition) -> None:
        """Name the source partition."""
        self._settings = settings
        self._partition = source.partition
        self._ids = transactional_ids(settings.group, source.topic)
        self._producer: TransactionalProducer | None = None

    async def start(self) -> None:
        """Fence the predecessor; once this returns, its last transaction has ended."""
        producer = TransactionalProducer(self._settings, f"{self._ids}{self._partition}")
        self._producer = producer
        await producer.start()
        if self._producer is not producer:
            await producer.break_off()
            message = "the outlet was stopped while it started"
            raise IllegalOperation(message)

    async def stop(self) -> None:
        """Let go of the producer, whatever state it is in."""
        producer, self._producer = self._producer, None
        if producer is not None and not await stop_within(STOP_SECONDS, producer.stop()):
            await producer.break_off()

    async def commit(
        self, bundles: Iterable[TopicRows], offsets: Mapping[TopicPartition, int]
    ) -> None:
        """Write rows and the group's offsets, where to go on, all of them or none."""
        filled = [bundle for bundle in bundles if bundle.rows]
        async with self._transaction() as producer:
            # With all metadata at hand, what is refused is told by the send that it concerns.
            for bundle in filled:
                await producer.partitions_for(bundle.topic)
            sent = []
            for bundle in filled:
                send = self._send_by_key if bundle.keyed else self._send
                sent += await send(producer, bundle.topic, bundle.rows)
            if offsets:
                await producer.send_offsets_to_transaction(
                    {source: OffsetAndMetadata(offset, "") for source, offset in offsets.items()},
                    self._settings.group,
                )
            # aiokafka 0.14 commits even where a batch was refused, so each is looked at first.
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

        A producer is not used again after that. Where the abort gets no answer, the start of its
        successor aborts it.
        """
        producer = self._producer
        if producer is None:
            message = "the outlet has not been started"
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
        """Send rows to the partition of the source's number."""
        return await _send(producer, topic, self._partition, rows)

    async def _send_by_key(
        self, producer: TransactionalProducer, topic: str, rows: Sequence[Row]
    ) -> list[Sent]:
        """Send rows to the partitions of their keys; those without one stay in the source's."""
        numbers = sorted(await producer.partitions_for(topic))
        keys = {row.key for row in rows}
        partitions = {
            key: self._partition if key is None else _by_key(key, numbers, numbers) for key in keys
        }
        by_partition: dict[int, list[Row]] = {}
        for row in rows:
            by_partition.setdefault(partitions[row.key], []).append(row)
        sent = []
        for partition, together in by_partition.items():
            sent += await _send(producer, topic, partition, together)
        return sent


async def _send(
    producer: TransactionalProducer, topic: str, partition: int, rows: Iterable[Row]
) -> list[Sent]:
    """Send rows to a partition; gives what becomes of each batch."""
    sent = []
    for batch in pack(rows, producer.create_batch):
        future = await producer.send_batch(batch, topic, partition=partition)
        future.add_done_callback(look_at)
        sent.append((topic, future))
    return sent


def pack(rows: Iterable[Row], create_batch: Callable[[], BatchBuilder]) -> list[BatchBuilder]:
    """Put rows into as few batches as hold them, and close these."""
    batches: list[BatchBuilder] = []
    batch = None
    for row in rows:
        key, value, timestamp, headers = row
        try:
            # An empty batch takes any row; a full one says None.
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
