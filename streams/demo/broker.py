"""The embedded broker: librdkafka's mock cluster, in this process and in memory.

It speaks Kafka's protocol over a socket. It gives every topic four partitions, keeps about 5 MB
of each, and forgets when it ends; so it serves to show and to try, and proves nothing about
delivery.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Final

from confluent_kafka import Producer

TIMEOUT_SECONDS: Final = 10.0


@contextmanager
def embedded_broker(topics: Iterable[str]) -> Iterator[str]:
    """Run a broker that has these topics; gives its `host:port`."""
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    for topic in topics:
        metadata = cluster.list_topics(topic, timeout=TIMEOUT_SECONDS)
    (broker,) = metadata.brokers.values()
    yield f"{broker.host}:{broker.port}"
    del cluster


def free_port() -> int:
    """Give a port of this machine on which nobody listens."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
