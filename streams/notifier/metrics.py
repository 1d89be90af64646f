"""Numbers of the notifier: no provider in them, nor an episode."""

from itertools import product

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    start_http_server,
)

from schemas.alert import AlertEventType


class WebhookMetrics:
    """What is counted where steps are told on, in a registry of its own."""

    def __init__(self) -> None:
        """Set out every step with 0."""
        self._registry = CollectorRegistry()
        self._steps = Counter(
            "ipg12_webhook_steps",
            "Steps of alerts that are done: told to the receiver, or none of its business.",
            ["step", "told"],
            registry=self._registry,
        )
        self._failed_attempts = Counter(
            "ipg12_webhook_failed_attempts",
            "Attempts to tell a step that the receiver did not take, and that are repeated.",
            registry=self._registry,
        )
        self._lag = Gauge(
            "ipg12_webhook_lag_steps",
            "Offsets between the end of a partition of the steps and what is done of it.",
            ["partition"],
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        for step, told in product(AlertEventType, ("true", "false")):
            self._steps.labels(step, told)

    def serve(self, port: int) -> None:
        """Serve them, until the process ends."""
        start_http_server(port, registry=self._registry)

    def done(self, step: AlertEventType, *, told: bool) -> None:
        """Count a step that will not come again."""
        self._steps.labels(step, str(told).lower()).inc()

    def failed(self) -> None:
        """Count an attempt in vain."""
        self._failed_attempts.inc()

    def lag(self, partition: int, offsets: int) -> None:
        """Set how many offsets of a partition are not done yet."""
        self._lag.labels(partition).set(offsets)

    def forget(self, partition: int) -> None:
        """Take away the lag of a partition that has gone to another process."""
        self._lag.remove(str(partition))
