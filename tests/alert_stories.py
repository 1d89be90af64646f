"""What happens to alerts, told in few words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.alert import Alert, AlertAction, AlertCommand, AlertEvent, AlertEventType, EpisodeRow
from schemas.verdict import Finding, Outcome, Severity, Verdict
from streams.alerts.alert_log import AlertLog, Changes, Thresholds
from streams.alerts.threshold import read_threshold

BEGIN: Final = datetime(2026, 1, 5, 10, tzinfo=UTC)
BEGIN_MS: Final = int(BEGIN.timestamp()) * 1000


class Met(NamedTuple):
    verdict: Verdict
    timestamp: int


Happening = Met | AlertCommand | datetime
"""A verdict to meet, a command to obey, or a time that has come."""


@dataclass
class Story:
    book: AlertLog
    alerts: dict[str, Alert] = field(default_factory=dict)
    episodes: dict[str, EpisodeRow] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)
    superseded: int = 0

    def play(self, *happenings: Happening) -> Changes:
        for happening in happenings:
            match happening:
                case Met(verdict, timestamp):
                    self.book.apply_verdict(verdict, timestamp)
                case AlertCommand():
                    self.book.apply_command(happening)
                case datetime():
                    self.book.expire_silences(happening)
        changes = self.book.changes()
        self.alerts |= changes.alerts
        self.episodes |= changes.episodes
        self.events += changes.events
        self.superseded += changes.superseded
        return changes

    def alert(self, key: str = "LV02/R0A") -> Alert:
        return self.alerts[key]

    def steps(self, key: str = "LV02/R0A") -> list[AlertEventType]:
        return [event.step for event in self.events if event.key == key]

    def awaited(self, key: str = "LV02/R0A") -> list[str]:
        """Episodes awaiting correction because of a rule at a provider."""
        rule, provider = key.split("/")
        return sorted(
            row.key
            for row in self.episodes.values()
            if row.provider == provider and rule in row.awaited
        )


def thresholds(error: str = "1", warning: str = "10 in 24h", rest: str = "never") -> Thresholds:
    return {
        Severity.ERROR: read_threshold(error),
        Severity.WARNING: read_threshold(warning),
        Severity.INFORMATION: read_threshold(rest),
    }


def story(error: str = "1", warning: str = "10 in 24h", rest: str = "never") -> Story:
    return Story(AlertLog(thresholds(error, warning, rest)))


def continued(written: Story, by: Thresholds) -> Story:
    alerts = [Alert.model_validate_json(row.model_dump_json()) for row in written.alerts.values()]
    episodes = [
        EpisodeRow.model_validate_json(row.model_dump_json()) for row in written.episodes.values()
    ]
    return Story(
        AlertLog(by, reversed(alerts), reversed(episodes)),
        dict(written.alerts),
        dict(written.episodes),
        list(written.events),
        written.superseded,
    )


def minute(number: float) -> datetime:
    return BEGIN + timedelta(minutes=number)


def finding(rule: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        rule=rule, name="", severity=severity, place="diagnoses", found=None, expected=""
    )


def judged(
    findings: Iterable[Finding],
    episode: str | None = "E1",
    provider: str | None = "R0A",
    outcome: Outcome | None = None,
) -> Verdict:
    findings = tuple(findings)
    wrong = any(each.severity is Severity.ERROR for each in findings)
    return Verdict(
        episode_id=episode,
        provider_code=provider,
        outcome=outcome or (Outcome.NON_COMPLIANT if wrong else Outcome.COMPLIANT),
        findings=findings,
    )


def met(
    *rules: str,
    at: float = 0,
    episode: str = "E1",
    provider: str = "R0A",
    severity: Severity = Severity.ERROR,
) -> Met:
    findings = (finding(rule, severity) for rule in rules)
    return Met(judged(findings, episode, provider), BEGIN_MS + int(at * 60_000))


def warned(at: float, *, times: int = 1, episode: str = "E1") -> Met:
    return met(*["LV02"] * times, at=at, episode=episode, severity=Severity.WARNING)


def asked(  # noqa: PLR0913  as many as a command has
    action: AlertAction,
    at: float = 60,
    *,
    by: str = "Ada",
    why: str | None = "because",
    until: float | None = None,
    rule: str = "LV02",
    provider: str = "R0A",
) -> AlertCommand:
    return AlertCommand(
        id=f"{action}-{at:g}",
        action=action,
        rule=rule,
        provider=provider,
        by=by,
        at=minute(at),
        why=why,
        until=None if until is None else minute(until),
    )


def acknowledged(at: float = 60, *, by: str = "Ada", why: str | None = "because") -> AlertCommand:
    return asked(AlertAction.ACKNOWLEDGE, at, by=by, why=why)


def resolved(at: float = 60, *, by: str = "Ada", why: str = "because") -> AlertCommand:
    return asked(AlertAction.RESOLVE, at, by=by, why=why)


def silenced(at: float = 60, *, until: float, by: str = "Ada", rule: str = "LV02") -> AlertCommand:
    return asked(AlertAction.SILENCE, at, by=by, until=until, rule=rule)


def unsilenced(at: float = 60) -> AlertCommand:
    return asked(AlertAction.UNSILENCE, at)
