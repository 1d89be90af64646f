"""Taking down when copies become visible, as a process of its own; prints what it saw as JSON."""

import json
import sys
from dataclasses import asdict, dataclass
from statistics import quantiles
from time import monotonic, time
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from streams.kafka.topics import Topics

SILENCE_SECONDS: Final = 60.0
"""How long nothing may come before nothing more is expected."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds from a record's timestamp until a reader of committed records had its copy."""

    median: float
    p99: float
    most: float
    records_per_second: float


def run(brokers: str, prefix: str, warm_up_seconds: float, seconds: float) -> Seen:
    """Look at what comes for some seconds, from some seconds after the first copy on."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": f"{prefix}arrivals",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    known = consumer.list_topics().topics
    consumer.assign(
        [
            TopicPartition(topic, number, OFFSET_BEGINNING)
            for topic in Topics(prefix).outputs.values()
            for number in known[topic].partitions
        ]
    )
    if consumer.poll(SILENCE_SECONDS) is None:
        message = f"nothing came in {SILENCE_SECONDS} s"
        raise TimeoutError(message)
    begin = monotonic() + warm_up_seconds
    delays = []
    while (now := monotonic()) < begin + seconds:
        record = consumer.poll(begin + seconds - now)
        if record is not None and not record.error() and monotonic() >= begin:
            delays.append(time() * 1_000 - record.timestamp()[1])
    consumer.close()
    percentiles = quantiles(delays, n=100)
    return Seen(percentiles[49], percentiles[98], max(delays), len(delays) / seconds)


if __name__ == "__main__":
    seen = run(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
    sys.stdout.write(json.dumps(asdict(seen)))
