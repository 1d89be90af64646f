"""How far a contender has come, as Kafka tells it."""

from time import monotonic, sleep
from typing import Final, Protocol

from confluent_kafka import Consumer, ConsumerGroupState, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from benchmarks.loads import Backlog
from benchmarks.processes import Running
from benchmarks.stage import Stage

LOOK_SECONDS: Final = 0.02


class Progress(Protocol):
    """How far the contender of a stage has come, in rows of whatever tells it."""

    def __init__(self, stage: Stage) -> None:
        """Find what tells it; the stage's topics are there."""

    def rows(self, backlog: Backlog) -> int:
        """Tell how many rows there are when a backlog is done."""

    def done(self) -> int:
        """Count the rows that there are."""


class Commits:
    """Progress by the offsets that a group has committed: a row for each record of the input."""

    def __init__(self, stage: Stage) -> None:
        """Wait until the group's coordinator is there."""
        # Read uncommitted, or the answer waits until no transaction holds an offset.
        self._consumer = Consumer(
            {
                "bootstrap.servers": stage.brokers,
                "group.id": stage.group,
                "isolation.level": "read_uncommitted",
                "log_level": 0,
            }
        )
        self._partitions = [
            TopicPartition(stage.topics.episodes, number) for number in range(stage.partitions)
        ]
        while self._committed() is None:
            pass

    def rows(self, backlog: Backlog) -> int:
        """Each record is one."""
        return len(backlog)

    def done(self) -> int:
        """Add up the offsets."""
        return self._committed() or 0

    def _committed(self) -> int | None:
        try:
            committed = self._consumer.committed(self._partitions, timeout=1)
        except KafkaException:
            return None
        return sum(max(0, each.offset) for each in committed)


class Outputs:
    """Progress by the ends of the topics that are written.

    For a contender whose commits lag, or that makes none.
    """

    def __init__(self, stage: Stage) -> None:
        """Name the topics' partitions."""
        self._topics = stage.topics
        self._seen = 0
        self._admin = AdminClient({"bootstrap.servers": stage.brokers, "log_level": 0})
        self._ends = {
            TopicPartition(topic, number): OffsetSpec.latest()  # type: ignore[no-untyped-call]  # it has no types
            for topic in (*self._topics.outputs.values(), self._topics.verdicts)
            for number in range(stage.partitions)
        }

    def rows(self, backlog: Backlog) -> int:
        """Each copy is one, and each answer."""
        return backlog.expected(self._topics).total()

    def done(self) -> int:
        """Add up the ends."""
        try:
            ends = [each.result() for each in self._admin.list_offsets(self._ends).values()]
        except KafkaException:  # a topic may be too new
            return self._seen
        self._seen = sum(end.offset for end in ends)
        return self._seen


def wait(progress: Progress, rows: int, runs: Running, seconds: float) -> tuple[int, float]:
    """Wait until a process has done so many rows; gives how many there are, and when it was."""
    deadline = monotonic() + seconds
    while True:
        done, now = progress.done(), monotonic()
        if done >= rows:
            return done, now
        runs.expect_running()
        if now > deadline:
            runs.fail(f"only {done:,} of {rows:,} rows in {seconds:.0f} s")
        sleep(LOOK_SECONDS)


def joined(stage: Stage, processes: int) -> bool:
    """Tell whether so many processes are members of the group, and share the partitions."""
    admin = AdminClient({"bootstrap.servers": stage.brokers, "log_level": 0})
    try:
        group = admin.describe_consumer_groups([stage.group])[stage.group].result()
    except KafkaException:
        return False
    return len(group.members) >= processes and group.state is ConsumerGroupState.STABLE
