"""One Kafka for each process that runs tests, and topics of its own for each test."""

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from broker.deployment import Deploy, Deployment
from broker.distribution import what_is_missing
from broker.kafka import Cluster
from hypothesis import HealthCheck, settings
from needs import QUICK

from streams.demo import broker

TESTS = Path(__file__).parent
NUMBERS = count(1)

# How long an example takes says more of the machine than of the code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

# A shell's background jobs ignore Ctrl-C, and so would the commands that tests stop with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


# Of the processes that run tests side by side, none gives a port that another may give.
PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
broker._ports = (port for port in broker._ports if port % PROCESSES == PROCESS)  # noqa: SLF001


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need neither Java, nor a browser, nor Debian's packages."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in QUICK:
            item.add_marker("quick")


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
