"""A read model with content, produced by the project's own AlertLog."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

from fastapi import FastAPI
from pydantic import BaseModel

from schemas.alert import AlertAction, AlertCommand, AlertEvent, AlertPosition
from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.alerting.client import AlertClient
from streams.alerts.alert_log import AlertLog
from streams.dashboard.app import create_dashboard
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.read_model import ReadModel, ReadRecord
from streams.demo.episodes import invented_episodes
from streams.kafka.topics import Topics
from streams.settings import Settings
from streams.validation.check import judge

TOPICS = Topics("ipg12.")


class Scene:
    """A read model, and the AlertLog behind it; also stands in for the AlertClient."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(alert_warnings="1")
        self.read_model = ReadModel(TOPICS)
        self.broadcast = Broadcast()
        self.clock = datetime.now(UTC) - timedelta(minutes=50)
        self.run: Callable[[Callable[[], None]], None] = lambda function: function()
        """Runs a function that changes the read model: in the server's event loop, if any."""
        self._unread: list[ReadRecord] = []
        self.alerts_running = True
        """Whether the alert ledger is written, as `ipg12 alerts run` does."""
        self._alert_log = AlertLog(self.settings.alert_thresholds)
        self._row = LedgerRow(upto=0, outcomes={}, rules={})
        self._offsets = 0

    def dashboard(self) -> FastAPI:
        """Create the dashboard that shows it, and that sends it commands."""
        return create_dashboard(
            self.settings, self.read_model, self.broadcast, cast("AlertClient", self)
        )

    def publish(self, values: Iterable[bytes], seconds: float = 1) -> None:
        """Judge episodes, one every `seconds`."""
        for value in values:
            verdict = judge(value)
            self.clock += timedelta(seconds=seconds)
            self._alert_log.apply_verdict(verdict, int(self.clock.timestamp() * 1000))
            self._count(verdict.outcome, [finding.rule for finding in verdict.findings])
        self._write()

    def ask(self, command: AlertCommand) -> AlertEvent:
        """Apply a command, as AlertClient.ask does, and return its event."""
        self._alert_log.apply_command(command)
        (event,) = self._write()
        return event

    def command(self, action: AlertAction, key: str, **fields: object) -> AlertEvent:
        """Apply a command with default values."""
        rule, provider = key.split("/")
        values = {"id": str(uuid4()), "by": "Ann", "at": datetime.now(UTC), **fields}
        return self.ask(AlertCommand(action=action, rule=rule, provider=provider, **values))

    def put(self, topic: str, key: str, row: BaseModel, at: datetime | None = None) -> None:
        """Write a record, which the read model applies at the next `read`."""
        at, value = at or datetime.now(UTC), row.model_dump_json().encode()
        timestamp = int(at.timestamp() * 1000)
        self._unread.append(ReadRecord(topic, 0, self._offsets, timestamp, key.encode(), value))
        self._offsets += 1

    def read(self) -> None:
        """Apply the records written so far to the read model."""
        records, self._unread = self._unread, []

        def apply() -> None:
            for record in records:
                self.read_model.apply(record)
            self.read_model.complete = True
            self.broadcast.notify()

        self.run(apply)

    def _count(self, outcome: Outcome, rules: list[str]) -> None:
        row = self._row
        outcomes = row.outcomes | {outcome: row.outcomes.get(outcome, 0) + 1}
        findings = row.rules | {rule: row.rules.get(rule, 0) + rules.count(rule) for rule in rules}
        self._row = LedgerRow(upto=row.upto + 1, outcomes=outcomes, rules=findings)
        self.put(TOPICS.ledger, f"{TOPICS.episodes}/0", self._row, self.clock)

    def _write(self) -> list[AlertEvent]:
        changes = self._alert_log.changes()
        for key, alert in changes.alerts.items():
            self.put(TOPICS.alerts, key, alert)
        for key, episode in changes.episodes.items():
            self.put(TOPICS.worklist, key, episode)
        for event in changes.events:
            self.put(TOPICS.alert_events, event.key, event)
        if self.alerts_running:
            position = AlertPosition(upto=self._row.upto, partitions=1)
            self.put(TOPICS.alert_ledger, f"{TOPICS.verdicts}/0", position, self.clock)
        self.read()
        return changes.events


def busy_scene(settings: Settings | None = None) -> Scene:
    """Create a read model with alerts in every state."""
    scene = Scene(settings)
    scene.publish(invented_episodes(600, in_scope=0.4, faulty=0.5), seconds=4.5)
    scene.publish([b"{", b"no json"])
    keys = [alert.key for alert in scene.read_model.alerts()]
    scene.command(AlertAction.ACKNOWLEDGE, keys[0], why="asked the coders")
    scene.command(AlertAction.RESOLVE, keys[1], why="the episodes were withdrawn")
    until = datetime.now(UTC) + timedelta(days=1)
    scene.command(AlertAction.SILENCE, keys[2], why="known until tomorrow", until=until)
    return scene


def record(**fields: object) -> bytes:
    """Return an episode as published."""
    values = {"episode_id": "E1", "provider_code": "R0A", "diagnoses": ["M80.58"], **fields}
    return json.dumps(values).encode()
