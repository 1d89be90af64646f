"""Reading one partition outside Faust: the ledger's last row, and records passed over."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import TopicPartition
from pydantic import BaseModel, ValidationError

from schemas.alert import AlertPosition
from schemas.ledger import LedgerRow
from streams.kafka.fetched import verify_readable
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

T = TypeVar("T", bound=BaseModel)


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
            # In this order another worker, if there is one, brings about no contradiction.
            group_offset = await consumer.committed(source)
            row = await self._last_row(consumer, ledger)
            end = (await consumer.end_offsets([source]))[source]
        self._verify(source, ledger.topic, row.upto if row else None, group_offset, end)
        return row

    async def positions(
        self, sources: Sequence[TopicPartition]
    ) -> dict[TopicPartition, AlertPosition]:
        """Read how far the alerts take account of each source; nothing of one not begun.

        Raises Trouble as `last_row` does.
        """
        number = sources[0].partition
        ledger = TopicPartition(Topics(self._settings.topic_prefix).alert_ledger, number)
        async with self._consumer(ledger, *sources) as consumer:
            group_offsets = [await consumer.committed(source) for source in sources]
            rows = await self._table(consumer, ledger, AlertPosition)
            ends = await consumer.end_offsets(sources)
        found = {source: rows.get(f"{source.topic}/{number}") for source in sources}
        for source, group_offset in zip(sources, group_offsets, strict=True):
            row = found[source]
            upto = row.upto if row else None
            self._verify(source, ledger.topic, upto, group_offset, ends[source])
        return {source: row for source, row in found.items() if row}

    async def partitions_of(self, topic: str) -> int:
        """Tell how many partitions a topic has."""
        async with self._consumer(TopicPartition(topic, 0)) as consumer:
            return len(consumer.partitions_for_topic(topic) or ())

    async def table(self, partition: TopicPartition, model: type[T]) -> dict[str, T]:
        """Read the newest row of every key of a compacted partition. Raises Trouble."""
        async with self._consumer(partition) as consumer:
            return await self._table(consumer, partition, model)

    def _verify(  # all that can contradict each other
        self,
        source: TopicPartition,
        ledger: str,
        upto: int | None,
        group_offset: int | None,
        end: int,
    ) -> None:
        where = f"{source.topic}/{source.partition}"
        if upto is None and group_offset:
            message = (
                f"{where}: group {self._settings.group} has done {group_offset} offsets, but topic "
                f"{ledger} has no row for it; restore that topic, or begin "
                f"again as docs/operating.md says"
            )
            raise Trouble(message)
        if upto is not None and upto >= end:
            remedy = (
                "use another IPG12_GROUP and IPG12_TOPIC_PREFIX"
                if ledger == Topics(self._settings.topic_prefix).ledger
                else "begin anew with the alerts as docs/operating.md says"
            )
            message = (
                f"{where}: topic {ledger} says offset {upto} is done, but the "
                f"input ends at {end}; was it deleted and made anew? Then {remedy}"
            )
            raise Trouble(message)

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
            newest = None
            async for records in self._until(consumer, ledger, end):
                newest = records[-1]
            if newest is not None:
                if newest.value is None:  # a tombstone: the row was deleted
                    return None
                try:
                    return LedgerRow.model_validate_json(bytes(newest.value))
                except ValidationError:
                    message = f"{ledger.topic}/{ledger.partition}: the last row is none of ours"
                    raise Trouble(message) from None
            if start == begin:
                break
            back *= 8
        return None

    async def _table(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, model: type[T]
    ) -> dict[str, T]:
        rows: dict[str, T] = {}
        begin = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        consumer.assign([partition])
        consumer.seek(partition, begin)
        async for records in self._until(consumer, partition, end):
            try:
                for record in records:
                    key = bytes(record.key or b"").decode()
                    if record.value is None:  # a tombstone: the row was deleted
                        rows.pop(key, None)
                    else:
                        rows[key] = model.model_validate_json(bytes(record.value))
            except (UnicodeDecodeError, ValidationError):
                message = f"{partition.topic}/{partition.partition}: a row is none of ours"
                raise Trouble(message) from None
            await asyncio.sleep(0)
        return rows

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
                verify_readable(records)
                yield records
            elif monotonic() - heard > SILENCE_SECONDS:
                message = f"{partition.topic}/{partition.partition}: no answer up to {end}"
                raise KafkaTimeoutError(message)
