"""Publishing the national load evenly, as a process of its own, until it is ended."""

import sys
from itertools import cycle
from time import sleep, time
from typing import Final

from confluent_kafka import Producer

from benchmarks.loads import Load

TICK_SECONDS: Final = 0.002


def run(brokers: str, topic: str, rate: float) -> None:
    """Publish so many records a second."""
    producer = Producer({"bootstrap.servers": brokers, "linger.ms": 1})
    records = cycle(Load.NATIONAL.pool())
    began, sent = time(), 0
    while True:
        due = int((time() - began) * rate)
        for number in range(sent, due):
            key, value = next(records)
            # When it was due: a publisher that is held up does not make its records younger.
            stamp = int((began + number / rate) * 1_000)
            producer.produce(topic, value, key, timestamp=stamp)
        sent = due
        producer.poll(0)
        sleep(TICK_SECONDS)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], float(sys.argv[3]))
