"""Our worker on the same log: its transactions end in memory, one ledger for each partition."""

from collections.abc import Mapping

import faust
import pytest
from fakes import FakeLedger, FakeOutlet, FakeReader
from faust.types import TP
from upstream.offline import Log

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams import app as module
from streams.app import create_app
from streams.settings import Settings

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
    monkeypatch.setattr(module, "Outlet", lambda _, source: FakeOutlet(ledgers[source.partition]))
    monkeypatch.setattr(module, "Reader", lambda _: FakeReader(ledgers))
    return create_app(Settings())


def source(partition: int = 0) -> TP:
    """Name a partition of the input."""
    return TP(SOURCE, partition)
