"""One Kafka for the whole run, and topics of its own for each test."""

import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from broker.deployment import Deploy, Deployment
from broker.distribution import what_is_missing
from broker.kafka import Cluster

NUMBERS = count(1)

# A shell's background jobs ignore Ctrl-C, and so would the commands that tests stop with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if missing := what_is_missing():
        pytest.fail(missing, pytrace=False)
    with Cluster(tmp_path_factory.mktemp("kafka"), proxied=True) as running:
        yield running


@pytest.fixture
def deploy(cluster: Cluster, tmp_path: Path) -> Deploy:
    def deploy(partitions: int = 4, **settings: str) -> Deployment:
        deployment = Deployment(cluster, tmp_path, f"test-{next(NUMBERS)}.", **settings)
        if partitions:
            deployment.create_topics(partitions)
        return deployment

    return deploy


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    return deploy()
