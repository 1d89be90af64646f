"""What stands on the topics at present, as far as it has been read."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final, NamedTuple

from schemas.alert import Alert, AlertEvent, AlertPosition, AlertState, EpisodeRow
from schemas.ledger import LedgerRow
from streams.dashboard.timeline import Timeline
from streams.errors import OperatorError
from streams.kafka.topics import Topics

STEPS_KEPT: Final = 200
"""Steps of one alert's history that are kept, the latest."""


LATE: Final = timedelta(minutes=1)
"""How much older than the newest verdict the newest account of one may be."""


class ReadRecord(NamedTuple):
    """A committed record of a topic that is looked at."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """In milliseconds since 1970."""
    key: bytes
    value: bytes | None
    """None for a tombstone: what stood under the key was deleted."""


class ReadModel:
    """Alerts, their history, the episodes with findings, and the counts of the ledger."""

    def __init__(self, topics: Topics) -> None:
        """Begin with nothing."""
        self._topics = topics
        self.timeline = Timeline()
        self.lag = 0
        """Offsets of the input that are not done yet."""
        self.kept_at: datetime | None = None
        """When something was taken account of in the alerts last."""
        self.brokers_unreachable_since: datetime | None = None
        """Since when the brokers do not answer."""
        self.complete = False
        """Whether everything has been read that stood on the topics at the start."""
        self._alerts: dict[str, Alert] = {}
        self._sorted: list[Alert] | None = None
        """All alerts in their order, until one changes."""
        self._worklists: dict[str, list[EpisodeRow]] = {}
        """Worklists in their order, with warnings and information, until one changes."""
        self._histories: defaultdict[str, deque[AlertEvent]] = defaultdict(
            lambda: deque(maxlen=STEPS_KEPT)
        )
        self._episodes: defaultdict[str, dict[str, EpisodeRow]] = defaultdict(dict)
        self._wrong: Counter[str] = Counter()
        """Episodes with errors, by provider."""
        self._takers: dict[str, Callable[[ReadRecord, bytes], None]] = {
            topics.alerts: self._take_alert,
            topics.alert_events: self._take_event,
            topics.worklist: self._take_episode,
            topics.ledger: self._take_row,
            topics.alert_ledger: self._take_position,
        }

    @property
    def topics(self) -> list[str]:
        """Names of the topics that it is made of."""
        return list(self._takers)

    def take(self, read: ReadRecord) -> None:
        """Take account of a record. Raises OperatorError."""
        try:
            if read.value is None:
                self._delete(read.topic, read.key.decode())
            else:
                self._takers[read.topic](read, read.value)
        except ValueError:  # pydantic's own among them
            fault = f"{read.topic}/{read.partition}/{read.offset} is none of ours"
            raise OperatorError(fault) from None

    def verify_complete(self) -> None:
        """See that nothing is missing because it has not been read yet. Raises OperatorError."""
        if not self.complete:
            message = "the topics are still being read: ask again in some seconds"
            raise OperatorError(message)

    @property
    def alerts_stalled_since(self) -> datetime | None:
        """Since when nobody has taken account of verdicts that are there; None where all is well.

        Clocks differ, and what was answered just now may be on its way.
        """
        answered, kept = self.timeline.answered_at, self.kept_at
        late = answered and (kept is None or answered - kept > LATE)
        return (kept or answered) if late else None

    def alerts(self) -> list[Alert]:
        """Give all alerts: what is to be dealt with first, and of that what is oldest."""
        if self._sorted is None:
            self._sorted = sorted(self._alerts.values(), key=_urgency)
        return self._sorted

    def attention(self) -> list[Alert]:
        """Give the alerts with which somebody has something left to do, unless silenced."""
        return list(takewhile(needs_attention, self.alerts()))

    def alert(self, key: str) -> Alert | None:
        """Give an alert by its key, `RULE/PROVIDER`."""
        return self._alerts.get(key)

    def history(self, key: str) -> list[AlertEvent]:
        """Give the latest steps of an alert, the newest first, each without the alert after it."""
        return list(reversed(self._histories.get(key, ())))

    def worklist(self, provider: str, *, everything: bool = False) -> list[EpisodeRow]:
        """Give the episodes of a provider that await correction, the oldest first.

        Those with errors, or `everything`: those with warnings and information only too.
        """
        if provider not in self._episodes:  # nothing is kept of a name that only a request has
            return []
        if provider not in self._worklists:
            self._worklists[provider] = sorted(
                self._episodes[provider].values(),
                key=lambda episode: (episode.timestamp, episode.episode_id),
            )
        episodes = self._worklists[provider]
        return episodes if everything else [episode for episode in episodes if episode.wrong]

    def awaiting(self) -> Counter[str]:
        """Count the episodes with errors that await correction, by provider."""
        return +Counter({provider: self._wrong[provider] for provider in sorted(self._wrong)})

    def _delete(self, topic: str, key: str) -> None:
        """Forget what stood under a key; events and positions are not what is shown of one."""
        if topic == self._topics.alerts:
            self._alerts.pop(key, None)
            self._sorted = None
        elif topic == self._topics.worklist:
            provider, _, episode_id = key.partition("/")
            self._forget_episode(provider, episode_id)
        elif topic == self._topics.ledger:
            self.timeline.forget(key)

    def _forget_episode(self, provider: str, episode_id: str) -> None:
        """Forget the newest verdict on an episode."""
        self._worklists.pop(provider, None)
        before = self._episodes.get(provider, {}).pop(episode_id, None)
        if before is not None:
            self._wrong[provider] -= before.wrong

    def _take_alert(self, _: ReadRecord, value: bytes) -> None:
        alert = Alert.model_validate_json(value)
        self._alerts[alert.key] = alert
        self._sorted = None

    def _take_event(self, _: ReadRecord, value: bytes) -> None:
        event = AlertEvent.model_validate_json(value)
        self._histories[event.key].append(event.model_copy(update={"alert": None}))

    def _take_episode(self, _: ReadRecord, value: bytes) -> None:
        episode = EpisodeRow.model_validate_json(value)
        self._forget_episode(episode.provider, episode.episode_id)
        if episode.awaited:
            self._episodes[episode.provider][episode.episode_id] = episode
            self._wrong[episode.provider] += episode.wrong

    def _take_row(self, read: ReadRecord, value: bytes) -> None:
        row = LedgerRow.model_validate_json(value)
        self.timeline.take(read.key.decode(), row, _at(read), first=read.offset == 0)

    def _take_position(self, read: ReadRecord, value: bytes) -> None:
        AlertPosition.model_validate_json(value)
        self.kept_at = max(_at(read), self.kept_at or _at(read))


def _at(read: ReadRecord) -> datetime:
    """Give when a record was written; the writer's clock may be ahead of ours."""
    return datetime.fromtimestamp(min(read.timestamp / 1000, datetime.now(UTC).timestamp()), UTC)


def needs_attention(alert: Alert) -> bool:
    """Tell whether somebody has something left to do with an alert, unless silenced."""
    return alert.state.active and alert.silence is None


def _urgency(alert: Alert) -> tuple[bool, bool, bool, datetime, str]:
    return (
        not needs_attention(alert),
        not alert.state.active,
        alert.state is AlertState.ACKNOWLEDGED,
        alert.since,
        alert.key,
    )
