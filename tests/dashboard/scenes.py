"""A view with something in it, made by the project's own fold."""

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
    """A view, and what keeps its alerts."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(alert_warnings="1")
        self.view = ReadModel(TOPICS)
        self.notice = Broadcast()
        self.began = datetime.now(UTC) - timedelta(minutes=50)
        self.hand_over: Callable[[Callable[[], None]], None] = lambda take: take()
        """How the view is told: by a server's own loop where there is one."""
        self._reads: list[ReadRecord] = []
        self.keeping = True
        """Whether it is told how far the alerts take account of the verdicts."""
        self._book = AlertLog(self.settings.alert_thresholds)
        self._row = LedgerRow(upto=0, outcomes={}, rules={})
        self._offsets = 0

    def dashboard(self) -> FastAPI:
        """Make the dashboard that shows it, and asks it for what is to be done."""
        return create_dashboard(self.settings, self.view, self.notice, cast("AlertClient", self))

    def publish(self, values: Iterable[bytes], seconds: float = 1) -> None:
        """Judge episodes, one every so many seconds."""
        for value in values:
            verdict = judge(value)
            self.began += timedelta(seconds=seconds)
            self._book.apply_verdict(verdict, int(self.began.timestamp() * 1000))
            self._count(verdict.outcome, [finding.rule for finding in verdict.findings])
        self._write()

    def ask(self, command: AlertCommand) -> AlertEvent:
        """Do what is asked, as the desk does."""
        self._book.apply_command(command)
        (answer,) = self._write()
        return answer

    def command(self, action: AlertAction, key: str, **fields: object) -> AlertEvent:
        """Do something to an alert."""
        rule, provider = key.split("/")
        given = {"id": str(uuid4()), "by": "Ann", "at": datetime.now(UTC), **fields}
        return self.ask(AlertCommand(action=action, rule=rule, provider=provider, **given))

    def put(self, topic: str, key: str, row: BaseModel, at: datetime | None = None) -> None:
        """Write a record that the view will see with the next that is shown."""
        at, value = at or datetime.now(UTC), row.model_dump_json().encode()
        read = ReadRecord(topic, 0, self._offsets, int(at.timestamp() * 1000), key.encode(), value)
        self._reads.append(read)
        self._offsets += 1

    def show(self) -> None:
        """Let the view see what was written."""
        reads, self._reads = self._reads, []

        def take() -> None:
            for read in reads:
                self.view.take(read)
            self.view.complete = True
            self.notice.tell()

        self.hand_over(take)

    def _count(self, outcome: Outcome, rules: list[str]) -> None:
        row = self._row
        outcomes = row.outcomes | {outcome: row.outcomes.get(outcome, 0) + 1}
        found = row.rules | {rule: row.rules.get(rule, 0) + rules.count(rule) for rule in rules}
        self._row = LedgerRow(upto=row.upto + 1, outcomes=outcomes, rules=found)
        self.put(TOPICS.ledger, f"{TOPICS.episodes}/0", self._row, self.began)

    def _write(self) -> list[AlertEvent]:
        changes = self._book.changes()
        for key, alert in changes.alerts.items():
            self.put(TOPICS.alerts, key, alert)
        for key, episode in changes.episodes.items():
            self.put(TOPICS.worklist, key, episode)
        for event in changes.events:
            self.put(TOPICS.alert_events, event.key, event)
        if self.keeping:
            position = AlertPosition(upto=self._row.upto, partitions=1)
            self.put(TOPICS.alert_ledger, f"{TOPICS.verdicts}/0", position, self.began)
        self.show()
        return changes.events


def busy_scene(settings: Settings | None = None) -> Scene:
    """Make a view with alerts in every state."""
    scene = Scene(settings)
    scene.publish(invented_episodes(600, in_scope=0.4, faulty=0.5), seconds=4.5)
    scene.publish([b"{", b"no json"])
    keys = [alert.key for alert in scene.view.alerts()]
    scene.command(AlertAction.ACKNOWLEDGE, keys[0], why="asked the coders")
    scene.command(AlertAction.RESOLVE, keys[1], why="the episodes were withdrawn")
    until = datetime.now(UTC) + timedelta(days=1)
    scene.command(AlertAction.SILENCE, keys[2], why="known until tomorrow", until=until)
    return scene


def written(**fields: object) -> bytes:
    """Write an episode."""
    given = {"episode_id": "E1", "provider_code": "R0A", "diagnoses": ["M80.58"], **fields}
    return json.dumps(given).encode()
