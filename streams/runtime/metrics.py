"""Prometheus metrics of a process, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest


class ProcessMetrics:
    """A registry that begins with the CPU time, memory and open files of the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

    def counter(self, name: str, documentation: str, *labels: str) -> Counter:
        """Create a counter; `_total` is added to its name."""
        return Counter(name, documentation, labels, registry=self.registry)

    def gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        """Create a gauge."""
        return Gauge(name, documentation, labels, registry=self.registry)

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self.registry)
