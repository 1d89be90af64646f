"""The embedded broker: librdkafka's mock cluster, in this process and in memory.

It speaks Kafka's protocol over a socket. Every topic has four partitions, of which it keeps about
5 MB each, and everything is lost when it ends: good for a demonstration, but no proof of delivery
guarantees.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from random import sample
from socket import socket
from typing import Final

from confluent_kafka import Producer

TIMEOUT_SECONDS: Final = 10.0

PORTS: Final = range(20_000, 32_000)
"""Below the ports that Linux by default uses for outgoing connections."""

_ports = iter(sample(PORTS, len(PORTS)))


@contextmanager
def embedded_broker(topics: Iterable[str]) -> Iterator[str]:
    """Run a broker with these topics; yields its `host:port`."""
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    for topic in topics:
        metadata = cluster.list_topics(topic, timeout=TIMEOUT_SECONDS)
    (broker,) = metadata.brokers.values()
    yield f"{broker.host}:{broker.port}"
    del cluster


def free_port() -> int:
    """Return a free port of this machine, each only once in this process."""
    for port in _ports:
        with suppress(OSError), socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    message = "no port is free"
    raise OSError(message)
