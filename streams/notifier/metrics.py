"""Metrics of the notifier; no label names a provider or an episode."""

from itertools import product

from schemas.alert import AlertEventType
from streams.runtime.metrics import ProcessMetrics


class WebhookMetrics(ProcessMetrics):
    """The metrics of the notifier."""

    def __init__(self) -> None:
        super().__init__()
        self._events = self.counter(
            "ipg12_webhook_steps",
            "Alert events that are processed: delivered, or of a kind that nobody is notified of.",
            *("step", "told"),
        )
        self._failed_attempts = self.counter(
            "ipg12_webhook_failed_attempts",
            "Attempts that the receiver did not accept, and that are repeated.",
        )
        self._lag = self.gauge(
            "ipg12_webhook_lag_steps",
            "Offsets of a partition of the alert events that are not processed yet.",
            "partition",
        )
        for event_type, delivered in product(AlertEventType, ("true", "false")):
            self._events.labels(event_type, delivered)

    def processed(self, event_type: AlertEventType, *, delivered: bool) -> None:
        """Count an event that is committed."""
        self._events.labels(event_type, str(delivered).lower()).inc()

    def failed(self) -> None:
        """Count a failed attempt."""
        self._failed_attempts.inc()

    def lag(self, partition: int, offsets: int) -> None:
        """Set the number of offsets that are not processed yet."""
        self._lag.labels(partition).set(offsets)

    def forget(self, partition: int) -> None:
        """Remove the lag of a partition that another process has taken over."""
        self._lag.remove(str(partition))
