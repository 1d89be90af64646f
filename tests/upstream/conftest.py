from collections.abc import Iterator

import pytest

from streams.demo.broker import embedded_broker

TOPIC = "ipg12.episodes"
LEDGER = "ipg12.ledger"


@pytest.fixture
def broker() -> Iterator[str]:
    """Run librdkafka's mock cluster for what is decided in the client alone."""
    with embedded_broker([TOPIC, LEDGER]) as address:
        yield address
