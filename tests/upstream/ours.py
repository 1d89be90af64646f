"""Our worker on the same log: its transactions end in memory, one ledger for each partition."""

from collections.abc import Mapping

import faust
import pytest
from fakes import FakeLedger, FakeReader, FakeWriter
from faust.types import TP
from upstream.offline import Log

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.engine import app as engine
from streams.settings import Settings
from streams.worker import app as module
from streams.worker.app import create_worker_app

SOURCE = "ipg12.episodes"


def ledgers_for(log: Log, upto: int = -1, end: int = 0) -> dict[int, FakeLedger]:
    """Make ledgers that say that each partition is done up to an offset, and ends at another."""
    ledgers = {
        tp.partition: FakeLedger(range(end or len(values))) for tp, values in log.values.items()
    }
    if upto >= 0:
        for ledger in ledgers.values():
            ledger.row = LedgerRow(upto=upto, outcomes=dict.fromkeys(Outcome, 0), rules={})
    return ledgers


def our_app(monkeypatch: pytest.MonkeyPatch, ledgers: Mapping[int, FakeLedger]) -> faust.App:
    """Make the worker's app on these ledgers."""
    reader = FakeReader(ledgers)
    monkeypatch.setattr(
        module, "TransactionWriter", lambda _, source: FakeWriter(ledgers[source.partition])
    )
    monkeypatch.setattr(module, "Ledger", lambda *_: reader)
    monkeypatch.setattr(engine, "PartitionReader", lambda _: reader)
    return create_worker_app(Settings())


def source(partition: int = 0) -> TP:
    """Name a partition of the input."""
    return TP(SOURCE, partition)
