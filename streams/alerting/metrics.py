"""The metrics of the alerts process: no label identifies a provider or an episode."""

from collections.abc import Mapping
from itertools import product

from aiokafka.structs import TopicPartition
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

from schemas.alert import AlertEventType, AlertState
from schemas.verdict import Severity
from streams.alerts.alert_log import Changes, Standing


class AlertMetrics:
    """The metrics of the alerts process, in a registry of their own."""

    def __init__(self) -> None:
        """Initialise every severity, state and event type with 0."""
        self._registry = CollectorRegistry()
        self._alerts = Gauge(
            "ipg12_alerts",
            "Number of alerts, by severity, state, and whether they are silenced.",
            ["severity", "state", "silenced"],
            registry=self._registry,
        )
        self._steps = Counter(
            "ipg12_alert_steps",
            "Events of alerts, by type.",
            ["step"],
            registry=self._registry,
        )
        self._superseded = Counter(
            "ipg12_alerts_superseded_verdicts",
            "Verdicts ignored because a later one on the same episode came first.",
            registry=self._registry,
        )
        self._dead_letters = Counter(
            "ipg12_alerts_dead_letters",
            "Verdicts and commands that could not be read.",
            registry=self._registry,
        )
        self._lag = Gauge(
            "ipg12_alerts_lag_records",
            "Offsets of a source partition that are not processed yet.",
            ["topic", "partition"],
            registry=self._registry,
        )
        self._restarts = Counter(
            "ipg12_alerts_partition_restarts",
            "Times a partition was reopened after a broker error.",
            ["partition"],
            registry=self._registry,
        )
        self._expired = Counter(
            "ipg12_alerts_expired_offsets",
            "Offsets of verdicts and commands that expired before they were read.",
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self.alerts({})
        for step in AlertEventType:
            self._steps.labels(step)

    def alerts(self, counts: Mapping[Standing, int]) -> None:
        """Set how many alerts there are in the assigned partitions."""
        for standing in product(Severity, AlertState, (True, False)):
            severity, state, silenced = standing
            labels = severity, state, str(silenced).lower()
            self._alerts.labels(*labels).set(counts.get(standing, 0))

    def committed(self, changes: Changes, dead_letters: int) -> None:
        """Count committed changes."""
        for event in changes.events:
            self._steps.labels(event.step).inc()
        self._superseded.inc(changes.superseded)
        self._dead_letters.inc(dead_letters)

    def lag(self, source: TopicPartition, offsets: int) -> None:
        """Set how many offsets of a source partition are not processed yet."""
        self._lag.labels(source.topic, source.partition).set(max(0, offsets))

    def forget(self, source: TopicPartition) -> None:
        """Remove the lag of a partition that was revoked."""
        self._lag.remove(source.topic, source.partition)

    def restarted(self, source: TopicPartition) -> None:
        """Count a partition that has to be reopened."""
        self._restarts.labels(source.partition).inc()

    def expired(self, offsets: int) -> None:
        """Count offsets that expired before they were read."""
        self._expired.inc(offsets)

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
