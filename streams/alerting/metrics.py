"""Numbers of the alerts for dashboards: no provider in them, nor an episode."""

from collections.abc import Mapping
from itertools import product

from aiokafka.structs import TopicPartition
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

from schemas.alert import AlertEventType, AlertState
from schemas.verdict import Severity
from streams.alerts.alert_log import Changes, Standing


class AlertMetrics:
    """What is counted where the alerts are kept, in a registry of its own."""

    def __init__(self) -> None:
        """Set out every severity, state and step with 0."""
        self._registry = CollectorRegistry()
        self._alerts = Gauge(
            "ipg12_alerts",
            "Alerts, by severity, state, and whether they are silenced.",
            ["severity", "state", "silenced"],
            registry=self._registry,
        )
        self._steps = Counter(
            "ipg12_alert_steps",
            "What happened to alerts.",
            ["step"],
            registry=self._registry,
        )
        self._superseded = Counter(
            "ipg12_alerts_superseded_verdicts",
            "Verdicts that came after a later one on the same episode, and changed nothing.",
            registry=self._registry,
        )
        self._dead_letters = Counter(
            "ipg12_alerts_dead_letters",
            "Verdicts and commands that could not be read.",
            registry=self._registry,
        )
        self._lag = Gauge(
            "ipg12_alerts_lag_records",
            "Offsets between the end of a source partition and what is done of it.",
            ["topic", "partition"],
            registry=self._registry,
        )
        self._restarts = Counter(
            "ipg12_alerts_partition_restarts",
            "How often a partition was opened anew after a fault at the brokers.",
            ["partition"],
            registry=self._registry,
        )
        self._expired = Counter(
            "ipg12_alerts_expired_offsets",
            "Offsets of verdicts and commands that the brokers deleted before they were read.",
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self.alerts({})
        for step in AlertEventType:
            self._steps.labels(step)

    def alerts(self, counts: Mapping[Standing, int]) -> None:
        """Set how many alerts there are in the partitions that are assigned to us."""
        for standing in product(Severity, AlertState, (True, False)):
            severity, state, silenced = standing
            labels = severity, state, str(silenced).lower()
            self._alerts.labels(*labels).set(counts.get(standing, 0))

    def committed(self, changes: Changes, dead_letters: int) -> None:
        """Count what has been committed."""
        for event in changes.events:
            self._steps.labels(event.step).inc()
        self._superseded.inc(changes.superseded)
        self._dead_letters.inc(dead_letters)

    def lag(self, source: TopicPartition, offsets: int) -> None:
        """Set how many offsets of a source partition are not done yet."""
        self._lag.labels(source.topic, source.partition).set(max(0, offsets))

    def forget(self, source: TopicPartition) -> None:
        """Take away the lag of a partition that has gone to another process."""
        self._lag.remove(source.topic, source.partition)

    def restarted(self, source: TopicPartition) -> None:
        """Count a partition that has to be opened anew."""
        self._restarts.labels(source.partition).inc()

    def expired(self, offsets: int) -> None:
        """Count offsets that the brokers deleted before they were read."""
        self._expired.inc(offsets)

    def exposition(self) -> bytes:
        """Write all of it in Prometheus's text format."""
        return generate_latest(self._registry)
