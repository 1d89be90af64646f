"""Metrics of the progress of source partitions."""

from aiokafka.structs import TopicPartition

from streams.runtime.metrics import ProcessMetrics


class PartitionMetrics(ProcessMetrics):
    """The metrics that the engine keeps; a process adds its own."""

    def __init__(self, prefix: str, *, by_topic: bool = False) -> None:
        """Begin every name with `prefix`; `by_topic` labels the lag of each source topic."""
        super().__init__()
        labels = ("topic", "partition") if by_topic else ("partition",)
        self._by_topic = by_topic
        self._lag = self.gauge(
            f"{prefix}lag_records",
            "Offsets of a source partition that are not processed yet.",
            *labels,
        )
        self._restarts = self.counter(
            f"{prefix}partition_restarts",
            "Times a source partition was reopened after a broker error.",
            "partition",
        )
        self._expired = self.counter(
            f"{prefix}expired_offsets", "Offsets that expired before they were read."
        )

    def lag(self, source: TopicPartition, offsets: int) -> None:
        """Set the number of offsets that are not processed yet."""
        self._lag.labels(*self._labels(source)).set(max(0, offsets))

    def forget(self, source: TopicPartition) -> None:
        """Remove the lag of a partition that was revoked."""
        self._lag.remove(*self._labels(source))

    def restarted(self, source: TopicPartition) -> None:
        """Count a partition that has to be reopened."""
        self._restarts.labels(source.partition).inc()

    def expired(self, offsets: int) -> None:
        """Count offsets that the brokers deleted before they were read."""
        self._expired.inc(offsets)

    def _labels(self, source: TopicPartition) -> tuple[str | int, ...]:
        return source if self._by_topic else (source.partition,)
