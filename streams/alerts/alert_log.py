"""Alerts, computed from verdicts and commands in order, for the providers of one partition."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from schemas.alert import (
    Alert,
    AlertAction,
    AlertCommand,
    AlertEvent,
    AlertEventType,
    AlertState,
    EpisodeRow,
)
from schemas.verdict import Outcome, Severity, Verdict
from streams.alerts.handling import apply, contradiction
from streams.alerts.threshold import Threshold

LAST_MS: Final = 253_402_300_799_000
"""The end of the year 9999; a record may have any timestamp."""

FIXED: Final = "no episode awaits correction any more"
FOUND: Final = "new finding"
EXPIRED: Final = "the silence has expired"

Standing = tuple[Severity, AlertState, bool]
"""Severity and state of an alert, and whether it is silenced."""

Thresholds = Mapping[Severity, Threshold | None]


@dataclass(slots=True)
class Changes:
    """What has changed since the last call of `AlertLog.changes`."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    episodes: dict[str, EpisodeRow] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)
    superseded: int = 0
    """Number of verdicts that came after a later one on the same episode."""


class AlertLog:
    """Alerts, and the latest verdict on every episode in scope."""

    def __init__(
        self,
        thresholds: Thresholds,
        alerts: Iterable[Alert] = (),
        episodes: Iterable[EpisodeRow] = (),
    ) -> None:
        """Start from the alerts and episodes stored earlier."""
        self._thresholds = thresholds
        self._alerts = {alert.key: alert for alert in alerts}
        self._newest: dict[str, int] = {}
        """Timestamp of the latest verdict on each episode."""
        self._uncorrected: dict[str, EpisodeRow] = {}
        """Episodes that await correction."""
        self._awaiting: defaultdict[str, set[str]] = defaultdict(set)
        """Their keys, by alert key."""
        for episode in episodes:
            self._index(episode)
        self._silenced = {
            key: alert.silence.until for key, alert in self._alerts.items() if alert.silence
        }
        self._changes = Changes()

    def changes(self) -> Changes:
        """Return and clear the changes since the last call."""
        changes, self._changes = self._changes, Changes()
        return changes

    def count(self) -> Counter[Standing]:
        """Count alerts by severity, state and silence."""
        return Counter(
            (alert.severity, alert.state, key in self._silenced)
            for key, alert in self._alerts.items()
        )

    def apply_verdict(self, verdict: Verdict, timestamp: int) -> None:
        """Apply the verdict on a record; its timestamp is in milliseconds since 1970.

        A verdict older than the latest one on its episode changes nothing.
        """
        provider, episode_id = verdict.provider_code, verdict.episode_id
        checked = verdict.outcome in {Outcome.COMPLIANT, Outcome.NON_COMPLIANT}
        if not checked or provider is None or episode_id is None:
            return
        episode = EpisodeRow(
            provider=provider,
            episode_id=episode_id,
            timestamp=timestamp,
            outcome=verdict.outcome,
            source=verdict.source,
            findings=verdict.findings,
            proposed=verdict.proposed,
            procedures=verdict.procedures,
            diagnoses=verdict.diagnoses,
            remaining_errors=verdict.remaining_errors,
            remarks=verdict.remarks,
        )
        if timestamp < self._newest.get(episode.key, timestamp):
            self._changes.superseded += 1
            return
        before = self._uncorrected.pop(episode.key, None)
        self._put_episode(episode)
        at = datetime.fromtimestamp(min(max(timestamp, 0), LAST_MS) / 1000, UTC)
        rules, corrected = episode.awaited, before.awaited.keys() if before else set()
        for rule, severity in rules.items():
            findings = sum(finding.rule == rule for finding in verdict.findings)
            self._apply_findings(rule, severity, provider, findings, at)
        for rule in sorted(corrected - rules.keys()):
            self._apply_correction(f"{rule}/{provider}", episode.key, at)

    def apply_command(self, command: AlertCommand) -> None:
        """Apply a command or refuse it; either is an event."""
        key = f"{command.rule}/{command.provider}"
        alert = self._alerts.get(key)
        if alert is None:
            self._add_outcome(command, AlertEventType.REFUSED, "there is no such alert", None)
        elif reason := contradiction(command.action, alert):
            self._add_outcome(command, AlertEventType.REFUSED, f"the alert {reason}", alert)
        else:
            step, update = apply(command, alert)
            if command.action is AlertAction.RESOLVE:
                self._waive(command.rule, key)
            changed = self._put(alert.model_copy(update=update))
            self._add_outcome(command, step, command.why or "", changed)

    def due(self, now: datetime) -> bool:
        """Return whether a silence has expired."""
        return any(until <= now for until in self._silenced.values())

    def expire_silences(self, now: datetime) -> None:
        """End the silences that have expired."""
        for key, until in sorted(self._silenced.items()):
            if until <= now:
                alert = self._alerts[key].model_copy(update={"silence": None})
                self._emit(AlertEventType.UNSILENCED, alert, until, EXPIRED)

    def _apply_findings(
        self, rule: str, severity: Severity, provider: str, findings: int, at: datetime
    ) -> None:
        """Apply the findings of one rule in one verdict."""
        key, threshold = f"{rule}/{provider}", self._thresholds[severity]
        alert = self._alerts.get(key)
        if alert is None:
            if threshold is None:
                return
            alert = Alert(
                rule=rule,
                severity=severity,
                provider=provider,
                state=AlertState.PENDING,
                since=at,
                first_seen=at,
                last_seen=at,
                findings=0,
                awaiting=0,
            )
        alert = alert.model_copy(
            update={
                "severity": severity,
                "first_seen": min(alert.first_seen, at),
                "last_seen": max(alert.last_seen, at),
                "findings": alert.findings + findings,
                "awaiting": len(self._awaiting[key]),
            }
        )
        if alert.state is AlertState.RESOLVED and threshold:
            self._emit(AlertEventType.REOPENED, _moved(alert, AlertState.REOPENED, at), at, FOUND)
        elif alert.state is not AlertState.PENDING or threshold is None:
            self._put(alert)
        else:
            recent = (*alert.recent, *[at] * findings)[-threshold.recent_limit :]
            if threshold.reached(recent):
                self._emit(AlertEventType.OPENED, _moved(alert, AlertState.OPEN, at), at, FOUND)
            else:
                self._put(alert.model_copy(update={"recent": recent}))

    def _apply_correction(self, key: str, episode: str, at: datetime) -> None:
        """Apply the correction of an episode that no longer breaks a rule."""
        self._awaiting[key].discard(episode)
        alert = self._alerts.get(key)
        if alert is None:
            return
        alert = alert.model_copy(update={"awaiting": len(self._awaiting[key])})
        if alert.state.active and not alert.awaiting:
            self._emit(AlertEventType.RESOLVED, _moved(alert, AlertState.RESOLVED, at), at, FIXED)
        else:
            self._put(alert)

    def _waive(self, rule: str, key: str) -> None:
        """Waive a rule for all episodes that await correction because of it."""
        for episode in sorted(self._awaiting.pop(key, ())):
            row = self._uncorrected.pop(episode)
            self._put_episode(row.model_copy(update={"waived": (*row.waived, rule)}))

    def _put_episode(self, episode: EpisodeRow) -> None:
        self._changes.episodes[episode.key] = episode
        self._index(episode)

    def _index(self, episode: EpisodeRow) -> None:
        self._newest[episode.key] = episode.timestamp
        if awaited := episode.awaited:
            self._uncorrected[episode.key] = episode
            for rule in awaited:
                self._awaiting[f"{rule}/{episode.provider}"].add(episode.key)

    def _put(self, alert: Alert) -> Alert:
        self._alerts[alert.key] = self._changes.alerts[alert.key] = alert
        self._silenced.pop(alert.key, None)
        if alert.silence:
            self._silenced[alert.key] = alert.silence.until
        return alert

    def _emit(self, step: AlertEventType, alert: Alert, at: datetime, why: str) -> None:
        """Store an alert, with the event of what happened automatically."""
        self._changes.events.append(
            AlertEvent(
                step=step,
                rule=alert.rule,
                provider=alert.provider,
                at=at,
                why=why,
                alert=self._put(alert),
            )
        )

    def _add_outcome(
        self, command: AlertCommand, step: AlertEventType, why: str, alert: Alert | None
    ) -> None:
        """Add the event that a command resulted in."""
        self._changes.events.append(
            AlertEvent(
                step=step,
                rule=command.rule,
                provider=command.provider,
                at=command.at,
                by=command.by,
                why=why,
                command=command.id,
                alert=alert,
            )
        )


def _moved(alert: Alert, state: AlertState, at: datetime) -> Alert:
    """Return the alert in a new state; earlier records do not move `since` back."""
    update = {"state": state, "since": max(alert.since, at), "recent": ()}
    if state is not AlertState.RESOLVED:
        update["acknowledged_by"] = None
    return alert.model_copy(update=update)
