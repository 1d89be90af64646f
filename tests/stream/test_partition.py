import asyncio

import pytest
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced
from aiokafka.structs import TopicPartition
from fakes import FakeLedger, FakeOutlet, FakeReader, chunk

from streams.kafka import partition as module
from streams.kafka.partition import ATTEMPTS, QUIET_TICKS, Partition
from streams.metrics import Metrics
from streams.settings import Settings
from streams.trouble import Trouble


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)


def open_on(ledger: FakeLedger, *, owned: bool = True) -> Partition:
    return Partition(
        Settings(),
        TopicPartition("ipg12.episodes", 3),
        Metrics(),
        FakeOutlet(ledger),  # type: ignore[arg-type]
        FakeReader(ledger),  # type: ignore[arg-type]
        lambda: owned,
    )


def upto(ledger: FakeLedger) -> int:
    assert ledger.row is not None
    return ledger.row.upto


async def test_records_that_the_ledger_has_already_are_not_done_again() -> None:
    ledger = FakeLedger(range(10))
    await open_on(ledger).take(chunk(range(6)))
    await open_on(ledger).take(chunk(range(3, 10)))
    await open_on(ledger).take(chunk(range(10)))
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)


async def test_records_passed_over_before_the_first_chunk_are_read_and_done_first() -> None:
    ledger = FakeLedger(range(10))
    await open_on(ledger).take(chunk(range(7, 10)))
    assert ledger.reads == [(0, 7)]
    assert (ledger.committed, upto(ledger)) == ([7, 3], 9)


async def test_records_passed_over_between_chunks_are_read_and_done_in_their_place() -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.take(chunk(range(3)))
    await partition.take(chunk(range(7, 10), after=6))
    assert ledger.reads == [(3, 7)]
    assert (ledger.committed, upto(ledger)) == ([3, 4, 3], 9)


async def test_a_hole_between_records_fetched_one_after_the_other_is_not_looked_into() -> None:
    ledger = FakeLedger([0, 1, 5, 6])
    partition = open_on(ledger)
    await partition.take(chunk([0, 1]))
    await partition.take(chunk([5, 6], after=1))
    assert ledger.reads == []
    assert sum(ledger.committed) == 4


async def test_a_quiet_partition_has_what_was_passed_over_at_its_end_done() -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.take(chunk(range(4)))
    for _ in range(QUIET_TICKS):
        await partition.tick(10)
    assert ledger.reads == []
    await partition.tick(10)
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)


async def test_an_end_that_holds_nothing_is_looked_at_once() -> None:
    ledger = FakeLedger(range(4))
    partition = open_on(ledger)
    await partition.take(chunk(range(4)))
    for _ in range(5 * QUIET_TICKS):
        await partition.tick(6)
    assert ledger.reads == [(4, 6)]


async def test_a_partition_is_opened_by_its_first_tick_though_its_end_is_not_known() -> None:
    ledger = FakeLedger([])
    partition = open_on(ledger)
    await partition.tick(None)
    assert partition.ready
    assert ledger.starts == 1


@pytest.mark.parametrize("fault", [ProducerFenced(), IllegalOperation(), TimeoutError()])
@pytest.mark.parametrize("effective", [True, False])
async def test_after_a_failed_commit_the_ledger_says_whether_it_took_effect(
    fault: Exception, *, effective: bool
) -> None:
    ledger = FakeLedger(range(10))
    ledger.faults, ledger.effective = [fault], effective
    partition = open_on(ledger)
    await partition.take(chunk(range(10)))
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)
    assert (ledger.starts, ledger.stops) == (2, 1)


async def test_a_partition_that_has_gone_to_another_worker_is_left_alone() -> None:
    ledger = FakeLedger(range(10))
    ledger.faults = [ProducerFenced()]
    await open_on(ledger, owned=False).take(chunk(range(10)))
    assert (ledger.committed, ledger.starts) == ([], 1)


async def test_a_fault_that_stays_stops_the_worker_and_names_the_offsets() -> None:
    ledger = FakeLedger(range(10))
    ledger.faults = [KafkaError() for _ in range(ATTEMPTS)]
    with pytest.raises(Trouble, match=r"ipg12\.episodes/3, offsets 0 to 9: KafkaError"):
        await open_on(ledger).take(chunk(range(10)))
    assert ledger.committed == []


async def test_an_exception_while_checking_stops_the_worker_and_names_the_offsets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def poisoned(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "fill", poisoned)
    ledger = FakeLedger(range(10))
    with pytest.raises(Trouble, match=r"ipg12\.episodes/3, offsets 0 to 9: ZeroDivisionError"):
        await open_on(ledger).take(chunk(range(10)))
    assert ledger.committed == []


async def test_a_chunk_cut_short_by_cancellation_is_not_built_upon() -> None:
    ledger = FakeLedger(range(10))
    ledger.faults, ledger.effective = [asyncio.CancelledError()], True
    partition = open_on(ledger)
    with pytest.raises(asyncio.CancelledError):
        await partition.take(chunk(range(5)))
    await partition.take(chunk(range(10)))
    assert (ledger.committed, upto(ledger)) == ([5, 5], 9)


async def test_under_suspicion_the_ledger_is_read_again_before_more_is_done() -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.take(chunk(range(5)))
    await open_on(ledger).take(chunk(range(5, 8)))
    partition.suspect()
    assert not partition.ready
    await partition.take(chunk(range(5, 10)))
    assert (ledger.committed, upto(ledger)) == ([5, 3, 2], 9)


async def test_closing_waits_for_the_chunk_under_way_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.tick(None)
    never = asyncio.Event()
    monkeypatch.setattr(FakeOutlet, "commit", lambda *_: never.wait())
    taking = asyncio.create_task(partition.take(chunk(range(10))))
    await asyncio.sleep(0)
    await partition.close()
    assert ledger.stops == 1
    assert not partition.ready
    taking.cancel()
