"""Examples of messages, made by the code that writes such records."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from schemas.alert import AlertAction, AlertCommand, AlertPosition
from schemas.verdict import Outcome, Verdict
from streams.alerts.alert_log import AlertLog
from streams.kafka.topics import Topics
from streams.records import Header, Row
from streams.settings import Settings
from streams.validation.chunk_output import judge_chunk, next_row
from streams.validation.routing import Routing

Example = dict[str, Any]

COMPLIANT: Final = {
    "episode_id": "E1",
    "provider_code": "R0A",
    "procedures": ["V44.4", "V55.1", "Y53.4", "Z66.5"],
    "diagnoses": ["M80.58"],
}
NON_COMPLIANT: Final = {
    "episode_id": "E2",
    "provider_code": "R0A",
    "procedures": ["V44.4", {"code": "Y53.4", "date": "2026-01-31"}, "V55.1", "Z66.5"],
    "diagnoses": ["M80.58"],
}
OUT_OF_SCOPE: Final = {
    "episode_id": "E3",
    "provider_code": "R0A",
    "procedures": ["W37.1", "Z94.2"],
    "diagnoses": ["M16.1"],
}
WITHDRAWN: Final = {"episode_id": "E2", "provider_code": "R0A", "withdrawn": True}
NO_EPISODE: Final = {"EPISODE_ID": "E4", "PROVIDER": "R0A", "CODES": "V44.4 V55.1"}
PUBLISHED: Final = (COMPLIANT, NON_COMPLIANT, OUT_OF_SCOPE, NO_EPISODE, WITHDRAWN)

_PARTITION: Final = 3
_AT: Final = datetime(2026, 2, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Published:
    offset: int
    value: bytes
    key: bytes | None = None
    timestamp: int | None = int(_AT.timestamp() * 1000)
    headers: tuple[Header, ...] = field(default=(("correlation-id", b"7f1c"),))


def examples() -> dict[str, list[Example]]:
    """Return the examples of every message that ipg12 sends, by name of the topic."""
    settings = Settings()
    topics = Topics(settings.topic_prefix)
    routing = Routing(topics.episodes, _PARTITION, settings.group, echo=settings.echoed_headers)
    records = [
        _Published(offset, json.dumps(each).encode()) for offset, each in enumerate(PUBLISHED)
    ]
    output = judge_chunk(records, routing)
    sent = {topics.outputs[outcome]: output.copies[outcome] for outcome in Outcome}
    found = {topic: [_example(row) for row in rows] for topic, rows in sent.items()}
    found[topics.verdicts] = [_example(row) for row in output.verdicts]
    found[topics.ledger] = [_payload(next_row(None, output).model_dump_json())]
    return found | _of_alerts(settings, topics, output.verdicts)


def _of_alerts(
    settings: Settings, topics: Topics, verdicts: Iterable[Row]
) -> dict[str, list[Example]]:
    log = AlertLog(settings.alert_thresholds)
    for row in verdicts:
        log.apply_verdict(Verdict.model_validate_json(bytes(row.value or b"")), row.timestamp or 0)
    command = AlertCommand(
        id="b3f0",
        action=AlertAction.ACKNOWLEDGE,
        rule="LV02",
        provider="R0A",
        by="A. Coder",
        at=_AT,
        why="asked the coders",
    )
    log.apply_command(command)
    changes = log.changes()
    written = {
        topics.alert_commands: [command],
        topics.alerts: changes.alerts.values(),
        topics.alert_events: changes.events,
        topics.worklist: changes.episodes.values(),
        topics.alert_ledger: [AlertPosition(upto=len(PUBLISHED) - 1, partitions=16)],
    }
    return {
        topic: [_payload(each.model_dump_json()) for each in models]
        for topic, models in written.items()
    }


def _example(row: Row) -> Example:
    headers = {name: (text or b"").decode() for name, text in row.headers}
    return {"headers": headers, **_payload(bytes(row.value or b"").decode())}


def _payload(text: str) -> Example:
    return {"payload": json.loads(text)}
