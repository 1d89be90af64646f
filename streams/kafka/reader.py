"""Reading one partition outside Faust: the ledger's last row, and records passed over."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import TopicPartition
from pydantic import ValidationError

from schemas.ledger import LedgerRow
from streams.kafka.lookup import committed_consumer
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.outbox import Record
from streams.settings import Settings
from streams.topics import Topics
from streams.trouble import Trouble

TAIL_OFFSETS: Final = 64
"""How far before its end the ledger is looked at first; a row and its marker take two offsets."""

FETCH_WAIT_MS: Final = 10
"""How long a fetch may wait for records, in milliseconds: other questions queue up behind it."""

SILENCE_SECONDS: Final = 10.0
"""How long a broker may give nothing before that is taken for a fault; silence proves no hole."""


class Reader:
    """Reads committed records of any topic, with a consumer for each time."""

    def __init__(self, settings: Settings) -> None:
        """Name the brokers and the group."""
        self._settings = settings

    async def last_row(self, source: TopicPartition) -> LedgerRow | None:
        """Read a source partition's last committed row of the ledger; None before the first.

        Raises Trouble where the ledger, the source and the group's offset contradict
        each other.
        """
        ledger = TopicPartition(Topics(self._settings.topic_prefix).ledger, source.partition)
        async with self._consumer(source, ledger) as consumer:
            row = await self._last_row(consumer, ledger)
            group_offset = await consumer.committed(source)
            if row is None and group_offset:  # another worker may have written the first one since
                row = await self._last_row(consumer, ledger)
            end = (await consumer.end_offsets([source]))[source]
        where = f"{source.topic}/{source.partition}"
        if row is None and group_offset:
            message = (
                f"{where}: group {self._settings.group} has done {group_offset} offsets, but topic "
                f"{ledger.topic} has no row for it; restore that topic, or delete the group "
                f"to begin again"
            )
            raise Trouble(message)
        if row is not None and row.upto >= end:
            message = (
                f"{where}: topic {ledger.topic} says offset {row.upto} is done, but the "
                f"input ends at {end}; was it deleted and made anew? Then use another "
                f"IPG12_GROUP and IPG12_TOPIC_PREFIX"
            )
            raise Trouble(message)
        return row

    async def records(
        self, source: TopicPartition, start: int, end: int
    ) -> AsyncGenerator[Sequence[Record], None]:
        """Read a source's records from offset `start` up to, not including, `end`.

        Gives lists of at most IPG12_CHUNK_RECORDS. What is not given is not there: compacted,
        expired, aborted, or a transaction's marker.
        """
        async with self._consumer(source) as consumer:
            consumer.assign([source])
            consumer.seek(source, start)
            async for records in self._until(consumer, source, end):
                yield records

    @asynccontextmanager
    async def _consumer(self, *partitions: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
        """Give a consumer that may ask for the group's offsets."""
        consumer = committed_consumer(
            self._settings,
            group_id=self._settings.group,
            auto_offset_reset="earliest",
            max_poll_records=self._settings.chunk_records,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await consumer.start()
                # Else aiokafka pauses before it looks at a topic that it is first asked about.
                await consumer._client.set_topics([each.topic for each in partitions])  # noqa: SLF001
            yield consumer
        finally:
            await stop_within(STOP_SECONDS, consumer.stop())

    async def _last_row(
        self, consumer: AIOKafkaConsumer, ledger: TopicPartition
    ) -> LedgerRow | None:
        """Look back from the ledger's end, further each time, until there is a row.

        `end_offsets` honours the isolation level. `seek_to_end` with `position` does not serve:
        in aiokafka 0.14 a look-up of the earliest offset still in flight can answer for it.
        """
        begin = (await consumer.beginning_offsets([ledger]))[ledger]
        end = (await consumer.end_offsets([ledger]))[ledger]
        back = TAIL_OFFSETS
        while end > begin:
            start = max(begin, end - back)
            consumer.assign([ledger])
            consumer.seek(ledger, start)
            row = None
            async for records in self._until(consumer, ledger, end):
                row = records[-1].value
            if row is not None:
                try:
                    return LedgerRow.model_validate_json(row)
                except ValidationError:
                    message = f"{ledger.topic}/{ledger.partition}: the last row is none of ours"
                    raise Trouble(message) from None
            if start == begin:
                break
            back *= 8
        return None

    async def _until(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, end: int
    ) -> AsyncIterator[Sequence[Record]]:
        """Read from the consumer's position to `end`."""
        heard = monotonic()
        while await consumer.position(partition) < end:
            fetched = await consumer.getmany(partition, timeout_ms=500)
            records = [record for record in fetched.get(partition, ()) if record.offset < end]
            if records:
                heard = monotonic()
                yield records
            elif monotonic() - heard > SILENCE_SECONDS:
                message = f"{partition.topic}/{partition.partition}: no answer up to {end}"
                raise KafkaTimeoutError(message)
