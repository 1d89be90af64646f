"""One secured Kafka for all tests of this folder."""

from collections.abc import Iterator

import pytest
from security.secured import Secured, secured


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    running = secured(tmp_path_factory.mktemp("secured"))
    with running.cluster:
        yield running
