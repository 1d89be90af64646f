"""Letting a contender do a load on a real Kafka, and taking its time."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from broker.kafka import free_port
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from benchmarks.contenders import Contender
from benchmarks.loads import Load
from streams.kafka.admin import create_topics
from streams.kafka.publish import record_key
from streams.settings import Settings
from streams.topics import Topics

DEADLINE_SECONDS: Final = 600.0
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measure:
    """What one run of one contender took."""

    records_per_second: float
    cpu_microseconds_per_record: float


def publish(brokers: str, prefix: str, load: Load, records: int, partitions: int) -> None:
    """Create the topics and publish a load."""
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
    for value in load.values(records):
        producer.produce(Topics(prefix).episodes, value, record_key(value))
    producer.flush()


def measure(brokers: str, prefix: str, contender: Contender, records: int) -> Measure:
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
