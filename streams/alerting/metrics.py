"""The metrics of the alerts process: no label identifies a provider or an episode."""

from collections.abc import Mapping
from itertools import product

from schemas.alert import AlertEventType, AlertState
from schemas.verdict import Severity
from streams.alerts.alert_log import Changes, Standing
from streams.engine.partition_metrics import PartitionMetrics


class AlertMetrics(PartitionMetrics):
    """The metrics of the alerts process."""

    def __init__(self) -> None:
        super().__init__("ipg12_alerts_", by_topic=True)
        self._alerts = self.gauge(
            "ipg12_alerts",
            "Number of alerts, by severity, state, and whether they are silenced.",
            *("severity", "state", "silenced"),
        )
        self._events = self.counter("ipg12_alert_steps", "Events of alerts, by type.", "step")
        self._superseded = self.counter(
            "ipg12_alerts_superseded_verdicts",
            "Verdicts ignored because a later one on the same episode came first.",
        )
        self._dead_letters = self.counter(
            "ipg12_alerts_dead_letters", "Verdicts and commands that could not be read."
        )
        self.alerts({})
        for event_type in AlertEventType:
            self._events.labels(event_type)

    def alerts(self, counts: Mapping[Standing, int]) -> None:
        """Set how many alerts there are in the assigned partitions."""
        for standing in product(Severity, AlertState, (True, False)):
            severity, state, silenced = standing
            labels = severity, state, str(silenced).lower()
            self._alerts.labels(*labels).set(counts.get(standing, 0))

    def committed(self, changes: Changes, dead_letters: int) -> None:
        """Count committed changes."""
        for event in changes.events:
            self._events.labels(event.step).inc()
        self._superseded.inc(changes.superseded)
        self._dead_letters.inc(dead_letters)
