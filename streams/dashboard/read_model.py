"""The content of the topics, as far as it has been read."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final, NamedTuple

from schemas.alert import Alert, AlertEvent, AlertPosition, AlertState, EpisodeRow
from schemas.ledger import LedgerRow
from streams.dashboard.timeline import Timeline
from streams.errors import OperatorError, written_by_ipg12
from streams.kafka.topics import Topics

EVENTS_KEPT: Final = 200
"""Number of events kept of each alert, the latest."""

STALLED_AFTER: Final = timedelta(minutes=1)
"""How far the alerts may be behind the newest verdict before they count as stalled."""


class ReadRecord(NamedTuple):
    """A committed record of one of the topics."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """In milliseconds since 1970."""
    key: bytes
    value: bytes | None
    """None for a tombstone, which deletes the row of that key."""


class ReadModel:
    """Alerts, their history, the episodes with findings, and the counts of the ledger."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self.timeline = Timeline()
        self.lag = 0
        """Offsets of the input that are not processed yet."""
        self.alerts_updated_at: datetime | None = None
        """When verdicts or commands were last applied to the alerts."""
        self.brokers_unreachable_since: datetime | None = None
        """When the brokers stopped answering; None while they answer."""
        self.complete = False
        """Whether each topic has been read to the end that it had at the start."""
        self._alerts: dict[str, Alert] = {}
        self._sorted: list[Alert] | None = None
        """All alerts by urgency; None once one has changed."""
        self._worklists: dict[str, list[EpisodeRow]] = {}
        """Sorted worklists with all severities, by provider; removed once one has changed."""
        self._histories: defaultdict[str, deque[AlertEvent]] = defaultdict(
            lambda: deque(maxlen=EVENTS_KEPT)
        )
        self._episodes: defaultdict[str, dict[str, EpisodeRow]] = defaultdict(dict)
        self._error_counts: Counter[str] = Counter()
        """Number of episodes with errors, by provider."""
        self._handlers: dict[str, Callable[[ReadRecord, bytes], None]] = {
            topics.alerts: self._apply_alert,
            topics.alert_events: self._apply_event,
            topics.worklist: self._apply_episode,
            topics.ledger: self._apply_ledger_row,
            topics.alert_ledger: self._apply_position,
        }

    @property
    def topics(self) -> list[str]:
        """Names of the topics that the read model is built from."""
        return list(self._handlers)

    def apply(self, record: ReadRecord) -> None:
        """Apply a record. Raises OperatorError if it is not valid on its topic."""
        with written_by_ipg12(f"{record.topic}/{record.partition}/{record.offset}"):
            if record.value is None:
                self._delete(record.topic, record.key.decode())
            else:
                self._handlers[record.topic](record, record.value)

    def verify_complete(self) -> None:
        """Raise OperatorError until each topic has been read to its end."""
        if not self.complete:
            message = "the topics are still being read; try again in a few seconds"
            raise OperatorError(message)

    @property
    def alerts_stalled_since(self) -> datetime | None:
        """When the alerts stopped following the verdicts; None while they follow.

        A short delay is allowed: clocks differ, and the newest verdicts may be in flight.
        """
        verdict_at, updated_at = self.timeline.last_verdict_at, self.alerts_updated_at
        stalled = verdict_at and (updated_at is None or verdict_at - updated_at > STALLED_AFTER)
        return (updated_at or verdict_at) if stalled else None

    def alerts(self) -> list[Alert]:
        """Return all alerts, the most urgent first, and of equally urgent ones the oldest."""
        if self._sorted is None:
            self._sorted = sorted(self._alerts.values(), key=_urgency)
        return self._sorted

    def alerts_needing_attention(self) -> list[Alert]:
        """Return the active alerts that are not silenced."""
        return list(takewhile(needs_attention, self.alerts()))

    def alert(self, key: str) -> Alert | None:
        """Return an alert by its key, `RULE/PROVIDER`."""
        return self._alerts.get(key)

    def history(self, key: str) -> list[AlertEvent]:
        """Return the latest events of an alert, the newest first, each with `alert` set to None."""
        return list(reversed(self._histories.get(key, ())))

    def worklist(self, provider: str, *, everything: bool = False) -> list[EpisodeRow]:
        """Return the episodes that a provider has to correct, the oldest first.

        Only those with errors, or with `everything` also those with warnings and information.
        """
        if provider not in self._episodes:  # store nothing for a name that only a request has
            return []
        if provider not in self._worklists:
            self._worklists[provider] = sorted(
                self._episodes[provider].values(),
                key=lambda episode: (episode.timestamp, episode.episode_id),
            )
        episodes = self._worklists[provider]
        return episodes if everything else [episode for episode in episodes if episode.wrong]

    def error_counts(self) -> Counter[str]:
        """Return the number of episodes with errors to correct, by provider."""
        return +Counter({name: self._error_counts[name] for name in sorted(self._error_counts)})

    def _delete(self, topic: str, key: str) -> None:
        if topic == self._topics.alerts:
            self._alerts.pop(key, None)
            self._sorted = None
        elif topic == self._topics.worklist:
            provider, _, episode_id = key.partition("/")
            self._remove_episode(provider, episode_id)
        elif topic == self._topics.ledger:  # events and positions are not shown as rows
            self.timeline.remove(key)

    def _remove_episode(self, provider: str, episode_id: str) -> None:
        self._worklists.pop(provider, None)
        before = self._episodes.get(provider, {}).pop(episode_id, None)
        if before is not None:
            self._error_counts[provider] -= before.wrong

    def _apply_alert(self, _: ReadRecord, value: bytes) -> None:
        alert = Alert.model_validate_json(value)
        self._alerts[alert.key] = alert
        self._sorted = None

    def _apply_event(self, _: ReadRecord, value: bytes) -> None:
        event = AlertEvent.model_validate_json(value)
        self._histories[event.key].append(event.model_copy(update={"alert": None}))

    def _apply_episode(self, _: ReadRecord, value: bytes) -> None:
        episode = EpisodeRow.model_validate_json(value)
        self._remove_episode(episode.provider, episode.episode_id)
        if episode.awaited:
            self._episodes[episode.provider][episode.episode_id] = episode
            self._error_counts[episode.provider] += episode.wrong

    def _apply_ledger_row(self, record: ReadRecord, value: bytes) -> None:
        row = LedgerRow.model_validate_json(value)
        self.timeline.apply(record.key.decode(), row, _written_at(record), first=record.offset == 0)

    def _apply_position(self, record: ReadRecord, value: bytes) -> None:
        AlertPosition.model_validate_json(value)
        at = _written_at(record)
        self.alerts_updated_at = max(at, self.alerts_updated_at or at)


def _written_at(record: ReadRecord) -> datetime:
    """Return when a record was written, at most now: its writer's clock may be ahead."""
    return datetime.fromtimestamp(min(record.timestamp / 1000, datetime.now(UTC).timestamp()), UTC)


def needs_attention(alert: Alert) -> bool:
    """Return whether an alert is active and not silenced."""
    return alert.state.active and alert.silence is None


def _urgency(alert: Alert) -> tuple[bool, bool, bool, datetime, str]:
    return (
        not needs_attention(alert),
        not alert.state.active,
        alert.state is AlertState.ACKNOWLEDGED,
        alert.since,
        alert.key,
    )
