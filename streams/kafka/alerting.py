"""Keeping the alerts of one partition of the verdicts, and of the commands that concern them."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from aiokafka.structs import TopicPartition
from pydantic import BaseModel

from schemas.alert import Alert, AlertPosition, EpisodeRow
from schemas.verdict import Outcome
from streams.alert_metrics import AlertMetrics
from streams.alerts.book import Book, Changes, Standing
from streams.alerts.intake import Unreadable, read_command, read_verdict
from streams.kafka.mishaps import our_fault
from streams.kafka.outlet import OPEN_SECONDS, Bundle, Outlet
from streams.kafka.reader import Reader
from streams.outbox import Record, Row, time_of
from streams.routing import Routing
from streams.settings import Settings
from streams.topics import Topics
from streams.trouble import Trouble


class Alerting:
    """Folds verdicts and commands into alerts; rows, events and positions leave together."""

    gap: Final = 0

    def __init__(
        self,
        settings: Settings,
        number: int,
        metrics: AlertMetrics,
        outlet: Outlet,
        reader: Reader,
    ) -> None:
        """Name the partition's number."""
        self._settings = settings
        self._topics = topics = Topics(settings.topic_prefix)
        self._metrics = metrics
        self._outlet = outlet
        self._reader = reader
        self._verdicts = TopicPartition(topics.verdicts, number)
        self._commands = TopicPartition(topics.alert_commands, number)
        self._book = Book(settings.alert_thresholds)
        self._partitions = 0
        """How many the verdicts have; as many as the commands."""

    @property
    def due(self) -> bool:
        """Whether a silence has come to its end."""
        return self._book.due(datetime.now(UTC))

    def count(self) -> Counter[Standing]:
        """Count alerts by where they stand."""
        return self._book.count()

    async def open(self) -> Mapping[TopicPartition, int]:
        """Fence the predecessor, then read what it wrote down."""
        await self._outlet.stop()
        number = self._verdicts.partition
        async with asyncio.timeout(OPEN_SECONDS):
            await self._outlet.start()
            positions = await self._reader.positions([self._verdicts, self._commands])
        self._partitions = await self._reader.partitions_of(self._verdicts.topic)
        for source, position in positions.items():
            if position.partitions != self._partitions:
                message = (
                    f"{source.topic} has {self._partitions} partitions, but had "
                    f"{position.partitions} when its alerts were kept last; alerts of one provider "
                    f"would stand in two of them, see docs/operating.md"
                )
                raise Trouble(message)
        alerts = await self._reader.table(TopicPartition(self._topics.alerts, number), Alert)
        worklist = TopicPartition(self._topics.worklist, number)
        episodes = await self._reader.table(worklist, EpisodeRow)
        self._book = Book(self._settings.alert_thresholds, alerts.values(), episodes.values())
        return {source: position.upto + 1 for source, position in positions.items()}

    async def do(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Take account of consecutive verdicts or commands."""
        take = self._obey if source == self._commands else self._meet
        routing = Routing(source.topic, source.partition, self._settings.group)
        dead_letters = []
        with our_fault(source, records):
            for record in records:
                if fault := take(record):
                    headers = routing.refused(str(fault), record.offset, record.headers)
                    dead_letters.append(Row(record.key, record.value, time_of(record), headers))
        position = AlertPosition(upto=records[-1].offset, partitions=self._partitions)
        await self._commit(
            dead_letters,
            [
                Bundle(
                    self._topics.alert_ledger,
                    [_row(f"{source.topic}/{source.partition}", position)],
                ),
            ],
            {source: position.upto + 1},
        )

    async def do_due(self) -> None:
        """End the silences whose end has come."""
        self._book.lapse(datetime.now(UTC))
        await self._commit([], [], {})

    def rest(self) -> None:
        """Nothing is counted here that could be under way."""

    async def stop(self) -> None:
        """Let go of the producer."""
        await self._outlet.stop()

    def _meet(self, record: Record) -> Unreadable | None:
        verdict = read_verdict(record.value)
        if isinstance(verdict, Unreadable):
            return verdict
        self._book.meet(verdict, record.timestamp or 0)
        return None

    def _obey(self, record: Record) -> Unreadable | None:
        command = read_command(record.value)
        if isinstance(command, Unreadable):
            return command
        self._book.obey(command)
        return None

    async def _commit(
        self,
        dead_letters: Sequence[Row],
        bundles: Iterable[Bundle],
        offsets: Mapping[TopicPartition, int],
    ) -> None:
        changes = self._book.changes()
        refused = Bundle(self._topics.outputs[Outcome.DEAD_LETTER], dead_letters)
        await self._outlet.commit([*self._bundles(changes), refused, *bundles], offsets)
        self._metrics.committed(changes, len(dead_letters))

    def _bundles(self, changes: Changes) -> Iterator[Bundle]:
        topics = self._topics
        yield Bundle(topics.alerts, [_row(key, row) for key, row in changes.alerts.items()])
        yield Bundle(topics.worklist, [_row(key, row) for key, row in changes.episodes.items()])
        yield Bundle(topics.alert_events, [_row(event.key, event) for event in changes.events])


def _row(key: str, content: BaseModel) -> Row:
    return Row(key.encode(), content.model_dump_json().encode(), None, [])
