"""Measure the worker beside a hand-written librdkafka loop, on a real Kafka, in one run."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Annotated, Final

import typer
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from broker.kafka import Cluster, free_port

from streams.demo.episodes import invented_episodes
from streams.kafka.admin import create_topics
from streams.kafka.publish import record_key
from streams.settings import Settings
from streams.topics import Topics

PADDING_BYTES: Final = 75
DEADLINE_SECONDS: Final = 600.0
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")

LOADS: Final = {
    "national": {"in_scope": 0.01, "faulty": 0.3},
    "heavy": {"in_scope": 1.0, "faulty": 0.33},
}
"""Shares: of vertebroplasties among all episodes, and of wrong ones among those."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A way of doing the same work."""

    name: str
    guarantee: str
    command: Callable[[int], list[str]]


CONTENDERS: Final = (
    Contender(
        "ipg12 worker",
        "exactly once, counters exact",
        lambda _: [str(Path(sys.executable).with_name("ipg12")), "worker"],
    ),
    Contender(
        "hand-written librdkafka loop",
        "at least once",
        lambda records: [sys.executable, "-m", "benchmarks.loop", str(records)],
    ),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What one run of one contender took."""

    records_per_second: float
    cpu_microseconds_per_record: float


def main(
    records: Annotated[int, typer.Option(min=10_000)] = 200_000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    partitions: Annotated[int, typer.Option(min=1)] = 16,
) -> None:
    """Publish a load, let each contender do it, and print medians side by side."""
    console = Console(width=112)
    console.print(
        f"{records} records, {partitions} partitions, median of {rounds}; {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, one broker on the same machine"
    )
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
        for load in LOADS:
            measures: dict[str, list[Measure]] = {each.name: [] for each in CONTENDERS}
            for number in range(rounds):
                for contender in CONTENDERS:
                    prefix = f"{load}-{number}-{contender.name.split()[0]}."
                    _publish(cluster.address, prefix, load, records, partitions)
                    measures[contender.name].append(
                        _measure(cluster.address, prefix, contender, records)
                    )
            console.print(_table(load, measures))


def _publish(brokers: str, prefix: str, load: str, records: int, partitions: int) -> None:
    create_topics(Settings(brokers=brokers, topic_prefix=prefix), partitions, replication=1)
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "linger.ms": 20,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": records + 1,
            "queue.buffering.max.kbytes": 2_000_000,
        }
    )
    for value in invented_episodes(records, **LOADS[load], padding=PADDING_BYTES):
        producer.produce(Topics(prefix).episodes, value, record_key(value))
    producer.flush()


def _measure(brokers: str, prefix: str, contender: Contender, records: int) -> Measure:
    """Run a contender over a backlog; measured from its first commit of offsets to its last."""
    environment = {
        **os.environ,
        "IPG12_BROKERS": brokers,
        "IPG12_TOPIC_PREFIX": prefix,
        "IPG12_GROUP": f"{prefix}group",
        "IPG12_WEB_PORT": str(free_port()),
    }
    offsets = _Offsets(brokers, prefix, environment["IPG12_GROUP"])
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            contender.command(records), env=environment, stdout=log, stderr=log
        )
        try:
            first_done = _wait(offsets, process, lambda done: done > 0)
            began, cpu_began = monotonic(), _cpu_seconds(process)
            _wait(offsets, process, lambda done: done >= records)
            seconds, cpu = monotonic() - began, _cpu_seconds(process) - cpu_began
        except RuntimeError as error:
            log.seek(0)
            message = f"{contender.name} ended early: {log.read()[-2000:].decode()}"
            raise RuntimeError(message) from error
        finally:
            process.terminate()
            process.wait()
    done = records - first_done
    return Measure(done / seconds, cpu / done * 1e6)


def _wait(
    offsets: "_Offsets", process: subprocess.Popen[bytes], enough: Callable[[int], bool]
) -> int:
    """Wait until the group's offsets add up to enough; gives the sum."""
    deadline = monotonic() + DEADLINE_SECONDS
    while monotonic() < deadline:
        done = offsets.committed()
        if enough(done):
            return done
        if process.poll():
            message = f"exit status {process.returncode}"
            raise RuntimeError(message)
        sleep(0.05)
    message = f"not done in {DEADLINE_SECONDS} s"
    raise RuntimeError(message)


class _Offsets:
    """How far a group has come, by the offsets that it has committed."""

    def __init__(self, brokers: str, prefix: str, group: str) -> None:
        topic = Topics(prefix).episodes
        # Read uncommitted, or the answer waits until no transaction holds an offset.
        self._consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": group,
                "isolation.level": "read_uncommitted",
            }
        )
        partitions = self._consumer.list_topics(topic).topics[topic].partitions
        self._partitions = [TopicPartition(topic, number) for number in partitions]
        while self._ask() is None:  # until the group's coordinator is there
            pass

    def committed(self) -> int:
        """Add up the offsets."""
        return self._ask() or 0

    def _ask(self) -> int | None:
        try:
            committed = self._consumer.committed(self._partitions, timeout=1)
        except KafkaException:
            return None
        return sum(max(0, each.offset) for each in committed)


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Read the processor time of a process that may have ended but was not waited for."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def _table(load: str, measures: dict[str, list[Measure]]) -> Table:
    table = Table(title=f"{load} load")
    for heading in ("", "records/s", "CPU µs a record", "guarantee", "of the loop's records/s"):
        table.add_column(heading, justify="left" if heading in {"", "guarantee"} else "right")
    reference = CONTENDERS[-1].name
    for contender in CONTENDERS:
        rates = [each.records_per_second for each in measures[contender.name]]
        ratios = [
            mine.records_per_second / theirs.records_per_second
            for mine, theirs in zip(measures[contender.name], measures[reference], strict=True)
        ]
        cpu = median(each.cpu_microseconds_per_record for each in measures[contender.name])
        table.add_row(
            contender.name,
            f"{median(rates):,.0f}",
            f"{cpu:.1f}",
            contender.guarantee,
            f"{median(ratios):.2f}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
