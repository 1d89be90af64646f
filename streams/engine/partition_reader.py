"""Reading a partition outside Faust: records that Faust missed, and compacted tables."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import TopicPartition
from pydantic import BaseModel

from streams.batches.fetched import verify_readable
from streams.errors import written_by_ipg12
from streams.kafka.consumers import committed_consumer
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.records import Record
from streams.settings import Settings

TAIL_OFFSETS: Final = 64
"""Offsets before the end to read first for the last row; a row and its marker take two."""

FETCH_WAIT_MS: Final = 10
"""How long a fetch may wait for records, in milliseconds; other requests queue behind it."""

SILENCE_SECONDS: Final = 10.0
"""How long a broker may return nothing before that is an error: it does not prove a gap."""

ModelT = TypeVar("ModelT", bound=BaseModel)


class PartitionReader:
    """Reads committed records of any partition, with a new consumer each time."""

    def __init__(self, settings: Settings) -> None:
        """Read as a client of the group `settings.group`."""
        self._settings = settings
        self.group = settings.group

    @asynccontextmanager
    async def consumer(self, *partitions: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
        """Open a consumer that can read the group's committed offsets."""
        consumer = committed_consumer(
            self._settings,
            group_id=self.group,
            auto_offset_reset="earliest",
            max_poll_records=self._settings.chunk_records,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await consumer.start()
                # Otherwise aiokafka pauses before the first request about a topic.
                await consumer._client.set_topics([each.topic for each in partitions])  # noqa: SLF001
            yield consumer
        finally:
            await stop_within(STOP_SECONDS, consumer.stop())

    async def records(
        self, source: TopicPartition, start: int, end: int
    ) -> AsyncGenerator[Sequence[Record], None]:
        """Read the records from offset `start` up to, not including, `end`.

        Yields lists of at most IPG12_CHUNK_RECORDS. Offsets that are missing hold no record: they
        were compacted, expired or aborted, or are a transaction's marker.
        """
        async with self.consumer(source) as consumer:
            consumer.assign([source])
            consumer.seek(source, start)
            async for records in _read_until(consumer, source, end):
                yield records

    async def table(self, partition: TopicPartition, model: type[ModelT]) -> dict[str, ModelT]:
        """Read the newest row of every key of a compacted partition. Raises OperatorError."""
        async with self.consumer(partition) as consumer:
            return await read_table(consumer, partition, model)

    async def partition_count(self, topic: str) -> int:
        """Return the number of partitions of a topic."""
        async with self.consumer(TopicPartition(topic, 0)) as consumer:
            return len(consumer.partitions_for_topic(topic) or ())


async def read_table(
    consumer: AIOKafkaConsumer, partition: TopicPartition, model: type[ModelT]
) -> dict[str, ModelT]:
    """Read the newest row of every key of a compacted partition. Raises OperatorError."""
    rows: dict[str, ModelT] = {}
    begin = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    consumer.assign([partition])
    consumer.seek(partition, begin)
    async for records in _read_until(consumer, partition, end):
        for record in records:
            key, row = _parse(partition, record, model)
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
        await asyncio.sleep(0)
    return rows


async def read_last_row(
    consumer: AIOKafkaConsumer, partition: TopicPartition, model: type[ModelT]
) -> ModelT | None:
    """Read the last row of a partition; None if there is none, or if it was deleted.

    Reads backwards from the end, further each time, until there is a record.
    `end_offsets` honours the isolation level. `seek_to_end` with `position` is not reliable: in
    aiokafka 0.14 it may return the result of a lookup of the earliest offset in flight.
    """
    begin = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    back = TAIL_OFFSETS
    while end > begin:
        start = max(begin, end - back)
        consumer.assign([partition])
        consumer.seek(partition, start)
        newest = None
        async for records in _read_until(consumer, partition, end):
            newest = records[-1]
        if newest is not None:
            return _parse(partition, newest, model)[1]
        if start == begin:
            break
        back *= 8
    return None


def _parse(
    partition: TopicPartition, record: Record, model: type[ModelT]
) -> tuple[str, ModelT | None]:
    """Return a record's key and row; None for a tombstone. Raises OperatorError."""
    with written_by_ipg12(f"{partition.topic}/{partition.partition}/{record.offset}"):
        key = bytes(record.key or b"").decode()
        if record.value is None:
            return key, None
        return key, model.model_validate_json(bytes(record.value))


async def _read_until(
    consumer: AIOKafkaConsumer, partition: TopicPartition, end: int
) -> AsyncIterator[Sequence[Record]]:
    """Read from the consumer's position to `end`."""
    last_answer = monotonic()
    while await consumer.position(partition) < end:
        fetched = await consumer.getmany(partition, timeout_ms=500)
        records = [record for record in fetched.get(partition, ()) if record.offset < end]
        if records:
            last_answer = monotonic()
            verify_readable(records)
            yield records
        elif monotonic() - last_answer > SILENCE_SECONDS:
            message = f"{partition.topic}/{partition.partition}: no answer before offset {end}"
            raise KafkaTimeoutError(message)
