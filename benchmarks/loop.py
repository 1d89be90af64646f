"""A hand-written librdkafka loop: the same check and the same outputs, at least once.

Consume, judge, produce; the offsets are committed when every output has been delivered.
A crash in between repeats records, and there are no counters to go wrong.
"""

import os
import sys
from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer

from schemas.verdict import Outcome
from streams.check import judge
from streams.routing import Routing
from streams.topics import Topics

BATCH_RECORDS: Final = 2_000
COMMIT_EVERY_RECORDS: Final = 20_000


def run(brokers: str, prefix: str, group: str, records: int) -> None:
    """Do this many records, then end."""
    topics = Topics(prefix)
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "acks": "all",
            "linger.ms": 5,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 1_048_576,
        }
    )
    consumer.subscribe([topics.episodes])
    routings: dict[int, Routing] = {}
    done = 0
    while done < records:
        messages = consumer.consume(BATCH_RECORDS, 1.0)
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
            partition, offset = message.partition(), message.offset()
            routing = routings.get(partition)
            if routing is None:
                routing = routings[partition] = Routing(topics.episodes, partition, group)
            verdict = judge(message.value())
            headers = routing.headers(verdict, offset, message.headers() or ())
            producer.produce(
                topics.outputs[verdict.outcome],
                message.value(),
                message.key(),
                partition,
                timestamp=message.timestamp()[1],
                headers=headers,
            )
            if verdict.outcome is not Outcome.OUT_OF_SCOPE:
                key, answer = routing.answer(verdict, offset)
                producer.produce(topics.verdicts, answer, key)
        producer.poll(0)
        before, done = done, done + len(messages)
        if before // COMMIT_EVERY_RECORDS != done // COMMIT_EVERY_RECORDS or done >= records:
            producer.flush()
            consumer.commit(asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    run(
        os.environ["IPG12_BROKERS"],
        os.environ["IPG12_TOPIC_PREFIX"],
        os.environ["IPG12_GROUP"],
        int(sys.argv[1]),
    )
