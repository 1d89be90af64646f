import pytest
from fakes import FakeLedger, FakeOutlet, FakeReader, chunk

from streams.kafka import partitions as module
from streams.kafka.partitions import Partitions
from streams.metrics import Metrics
from streams.settings import Settings


class Worker:
    """Partitions on a ledger of their own each, and the group's side of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.assigned: set[int] = set()
        self.ends: dict[int, int] = {}
        self.stopped = False
        self.ledgers = {number: FakeLedger(range(10)) for number in range(4)}
        monkeypatch.setattr(
            module, "Outlet", lambda _, source: FakeOutlet(self.ledgers[source.partition])
        )
        monkeypatch.setattr(
            module, "Reader", lambda _, source: FakeReader(self.ledgers[source.partition])
        )
        monkeypatch.setattr(module, "Ends", lambda *_: self)
        self.silent = False
        self.metrics = Metrics()
        self.partitions = self.begin_again()

    def begin_again(self) -> Partitions:
        return Partitions(
            Settings(), "ipg12.episodes", self.metrics, lambda: frozenset(self.assigned)
        )

    async def read(self, _: frozenset[int]) -> dict[int, int]:
        return self.ends

    async def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


async def test_a_worker_is_not_ready_before_partitions_are_assigned_and_open(
    worker: Worker,
) -> None:
    assert worker.partitions.not_ready() == "no partitions assigned"
    worker.assigned = {0, 2}
    assert worker.partitions.not_ready() == "producers not ready for partitions [0, 2]"
    await worker.partitions.tick()
    assert worker.partitions.not_ready() is None


async def test_a_worker_is_not_ready_while_the_group_is_balanced_anew(worker: Worker) -> None:
    worker.assigned = {0}
    await worker.partitions.tick()
    worker.partitions.suspect()
    assert worker.partitions.not_ready() == "producers not ready for partitions [0]"
    await worker.partitions.tick()
    assert worker.partitions.not_ready() is None


async def test_a_partition_that_has_gone_is_closed_and_its_lag_no_longer_shown(
    worker: Worker,
) -> None:
    worker.assigned, worker.ends[1] = {1}, 10
    await worker.partitions.tick()
    await worker.partitions.tick()
    assert b'ipg12_lag_records{partition="1"} 10.0' in worker.metrics.exposition()
    worker.assigned = set()
    await worker.partitions.tick()
    assert worker.ledgers[1].stops == 1
    assert b'partition="1"' not in worker.metrics.exposition()


async def test_no_lag_is_shown_before_the_ledger_has_said_what_is_done(worker: Worker) -> None:
    await worker.partitions.take(1, chunk(range(10)))
    await worker.partitions.close()
    worker.assigned, worker.ends[1] = {1}, 10
    successor = worker.begin_again()
    await successor.tick()
    assert b'ipg12_lag_records{partition="1"}' not in worker.metrics.exposition()
    await successor.tick()
    assert b'ipg12_lag_records{partition="1"} 0.0' in worker.metrics.exposition()


async def test_once_closing_no_chunk_is_taken(worker: Worker) -> None:
    worker.assigned = {0}
    await worker.partitions.take(0, chunk(range(4)))
    await worker.partitions.close()
    await worker.partitions.take(0, chunk(range(4, 8)))
    await worker.partitions.tick()
    assert sum(worker.ledgers[0].committed) == 4
    assert worker.ledgers[0].stops == 1
    assert worker.partitions.not_ready() == "stopping"
    assert worker.stopped


async def test_a_worker_is_not_ready_while_the_brokers_do_not_answer(worker: Worker) -> None:
    worker.assigned = {0}
    await worker.partitions.tick()
    worker.silent = True
    assert worker.partitions.not_ready() == "brokers do not answer"
