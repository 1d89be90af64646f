"""Applying the verdicts and commands of one partition to alerts."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from aiokafka.structs import TopicPartition
from pydantic import BaseModel

from schemas.alert import Alert, AlertPosition, EpisodeRow
from schemas.verdict import Outcome
from streams.alerting.metrics import AlertMetrics
from streams.alerts.alert_log import AlertLog, Changes, Standing
from streams.alerts.reading import Unreadable, read_command, read_verdict
from streams.engine.ledger import Ledger
from streams.engine.partition_reader import PartitionReader
from streams.engine.processor import with_offsets
from streams.engine.transaction_writer import OPEN_SECONDS, TopicRows, TransactionWriter
from streams.errors import OperatorError
from streams.kafka.topics import Topics
from streams.records import Record, Row, copied_timestamp
from streams.settings import Settings
from streams.validation.routing import Routing


class AlertProcessor:
    """Folds verdicts and commands into alerts; commits rows, events and positions together."""

    def __init__(
        self,
        settings: Settings,
        number: int,
        metrics: AlertMetrics,
        writer: TransactionWriter,
        reader: PartitionReader,
        ledger: Ledger,
    ) -> None:
        self._settings = settings
        self._topics = topics = Topics(settings.topic_prefix)
        self._metrics = metrics
        self._verdicts = TopicPartition(topics.verdicts, number)
        self._commands = TopicPartition(topics.alert_commands, number)
        self._writer = writer
        self._reader = reader
        self._ledger = ledger
        self._log = AlertLog(settings.alert_thresholds)
        self._partitions = 0
        """Partition count of the verdicts, and of the commands."""

    @property
    def punctuation_due(self) -> bool:
        """Whether a silence has expired."""
        return self._log.due(datetime.now(UTC))

    def count(self) -> Counter[Standing]:
        """Count alerts by severity, state and silence."""
        return self._log.count()

    async def open(self) -> Mapping[TopicPartition, int]:
        """Fence the previous producer, then read what it committed."""
        await self._writer.stop()
        number = self._verdicts.partition
        async with asyncio.timeout(OPEN_SECONDS):
            await self._writer.start()
            positions = await self._ledger.rows([self._verdicts, self._commands], AlertPosition)
        self._partitions = await self._reader.partition_count(self._verdicts.topic)
        for source, position in positions.items():
            if position.partitions != self._partitions:
                message = (
                    f"{source.topic} has {self._partitions} partitions, but had "
                    f"{position.partitions} when its alerts were last updated; "
                    f"see docs/operating.md#start-the-alerts-again"
                )
                raise OperatorError(message)
        alerts = await self._reader.table(TopicPartition(self._topics.alerts, number), Alert)
        worklist = TopicPartition(self._topics.worklist, number)
        episodes = await self._reader.table(worklist, EpisodeRow)
        self._log = AlertLog(self._settings.alert_thresholds, alerts.values(), episodes.values())
        return {source: position.upto + 1 for source, position in positions.items()}

    async def process(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Apply consecutive verdicts or commands, and commit the changes."""
        apply = self._apply_command if source == self._commands else self._apply_verdict
        routing = Routing(source.topic, source.partition, self._settings.group)
        dead_letters = []
        with with_offsets(source, records):
            for record in records:
                if fault := apply(record):
                    headers = routing.refused(str(fault), record.offset, record.headers)
                    dead_letters.append(
                        Row(record.key, record.value, copied_timestamp(record), headers)
                    )
        position = AlertPosition(upto=records[-1].offset, partitions=self._partitions)
        await self._commit(
            dead_letters,
            [
                TopicRows(
                    self._topics.alert_ledger,
                    [_row(f"{source.topic}/{source.partition}", position)],
                )
            ],
            {source: position.upto + 1},
        )

    async def punctuate(self) -> None:
        """End the silences that have expired."""
        self._log.expire_silences(datetime.now(UTC))
        await self._commit([], [], {})

    def settled(self) -> None:
        """Do nothing: no records in flight are counted here."""

    async def stop(self) -> None:
        """Close the producer."""
        await self._writer.stop()

    def _apply_verdict(self, record: Record) -> Unreadable | None:
        verdict = read_verdict(record.value)
        if isinstance(verdict, Unreadable):
            return verdict
        self._log.apply_verdict(verdict, record.timestamp or 0)
        return None

    def _apply_command(self, record: Record) -> Unreadable | None:
        command = read_command(record.value)
        if isinstance(command, Unreadable):
            return command
        self._log.apply_command(command)
        return None

    async def _commit(
        self,
        dead_letters: Sequence[Row],
        rows: Iterable[TopicRows],
        offsets: Mapping[TopicPartition, int],
    ) -> None:
        changes = self._log.changes()
        refused = TopicRows(self._topics.outputs[Outcome.DEAD_LETTER], dead_letters)
        await self._writer.commit([*self._topic_rows(changes), refused, *rows], offsets)
        self._metrics.committed(changes, len(dead_letters))

    def _topic_rows(self, changes: Changes) -> Iterator[TopicRows]:
        topics = self._topics
        yield TopicRows(topics.alerts, [_row(key, row) for key, row in changes.alerts.items()])
        yield TopicRows(topics.worklist, [_row(key, row) for key, row in changes.episodes.items()])
        yield TopicRows(topics.alert_events, [_row(event.key, event) for event in changes.events])


def _row(key: str, content: BaseModel) -> Row:
    return Row(key.encode(), content.model_dump_json().encode(), None, [])
