"""A hand-written librdkafka loop: consume, judge, produce, and commit what was delivered.

A crash in between repeats records, and there are no counters to go wrong.
"""

import signal
import sys
from typing import Any, Final, cast

from confluent_kafka import Consumer, KafkaException, Producer

from benchmarks.peers.work import BROKERS, GROUP, TOPICS, judged

BATCH_RECORDS: Final = 2_000
COMMIT_EVERY_RECORDS: Final = 20_000

Headers = list[tuple[str, str | bytes | None]]


def main() -> None:
    """Run until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    consumer = Consumer(
        {
            "bootstrap.servers": BROKERS,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": BROKERS,
            "acks": "all",
            "linger.ms": 5,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 1_048_576,
        }
    )
    consumer.subscribe([TOPICS.episodes])
    uncommitted = 0
    while True:
        messages: list[Any] = consumer.consume(BATCH_RECORDS, 0.1)  # each has a place
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
            partition, value = message.partition(), message.value()
            _, topic, headers, answer = judged(
                partition, message.offset(), value, message.headers()
            )
            producer.produce(
                topic,
                value,
                message.key(),
                partition,
                timestamp=message.timestamp()[1],
                headers=cast("Headers", headers),
            )
            if answer is not None:
                producer.produce(
                    TOPICS.verdicts,
                    answer.value,
                    answer.key,
                    headers=cast("Headers", answer.headers),
                )
        producer.poll(0)
        uncommitted += len(messages)
        caught_up = uncommitted and not messages
        if caught_up or uncommitted >= COMMIT_EVERY_RECORDS:
            producer.flush()
            consumer.commit(asynchronous=False)
            uncommitted = 0


if __name__ == "__main__":
    main()
