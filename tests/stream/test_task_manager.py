import asyncio
from collections.abc import Sequence

import pytest
from aiokafka.structs import TopicPartition
from fakes import FakeLedger, FakeReader, FakeWriter, chunk

from streams.engine import task_manager as module
from streams.engine.availability import BrokerAvailability
from streams.engine.chunks import Chunk
from streams.engine.partition_task import PartitionTask
from streams.engine.retry import Retry
from streams.engine.task_manager import TaskManager
from streams.engine.watermarks import OffsetRange
from streams.errors import BrokersUnavailable, OperatorError
from streams.settings import Settings
from streams.validation.rules import RULES
from streams.worker import reconciliation
from streams.worker.metrics import Metrics
from streams.worker.processor import ValidationProcessor

TOPIC = "ipg12.episodes"


class Worker:
    """Partitions on a ledger of their own each, and the group's side of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.assigned: set[int] = set()
        self.joined = True
        self.spans: dict[int, OffsetRange] = {}
        self.stopped = False
        self.ledgers = {number: FakeLedger(range(10)) for number in range(4)}
        monkeypatch.setattr(module, "Watermarks", lambda *_: self)
        self.silent = False
        self.trouble: OperatorError | None = None
        self.metrics = Metrics()
        self.outage = BrokerAvailability(self.look)
        self.partitions = self.begin_again()

    def begin_again(self) -> TaskManager[ValidationProcessor]:
        return TaskManager(
            Settings(),
            [TOPIC],
            self.outage,
            self.make,
            lambda: frozenset(self.assigned) if self.joined else None,
        )

    def make(self, number: int) -> PartitionTask[ValidationProcessor]:
        source, reader = TopicPartition(TOPIC, number), FakeReader(self.ledgers)
        writer = FakeWriter(self.ledgers[number])
        processor = ValidationProcessor(Settings(), source, self.metrics, writer, reader, RULES)  # type: ignore[arg-type]  # fakes
        retry = Retry(f"{TOPIC}/{number}", self.outage, lambda: number in self.assigned)
        return PartitionTask([source], processor, reader.records, retry, self.metrics)

    async def take(self, number: int, chunks: list[Chunk]) -> None:
        await self.partitions.take(TopicPartition(TOPIC, number), chunks)

    def look(self) -> None:
        if self.trouble:
            raise self.trouble

    async def read(self, _: Sequence[TopicPartition]) -> dict[TopicPartition, OffsetRange]:
        return {TopicPartition(TOPIC, number): span for number, span in self.spans.items()}

    async def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


async def test_a_worker_is_not_ready_before_partitions_are_assigned_and_open(
    worker: Worker,
) -> None:
    worker.joined = False
    assert worker.partitions.not_ready() == "not a member of the group yet"
    worker.joined, worker.assigned = True, {0, 2}
    assert worker.partitions.not_ready() == "producers not ready for partitions [0, 2]"
    await worker.partitions.tick()
    assert worker.partitions.not_ready() is None


async def test_a_worker_that_stands_by_without_partitions_is_ready(worker: Worker) -> None:
    await worker.partitions.tick()
    assert worker.partitions.not_ready() is None


async def test_a_partition_that_has_gone_is_closed_and_its_lag_no_longer_shown(
    worker: Worker,
) -> None:
    worker.assigned, worker.spans[1] = {1}, OffsetRange(0, 10)
    await worker.partitions.tick()
    await worker.partitions.tick()
    assert b'ipg12_lag_records{partition="1"} 10.0' in worker.metrics.exposition()
    worker.assigned = set()
    await worker.partitions.tick()
    assert worker.ledgers[1].stops == 1
    assert b'partition="1"' not in worker.metrics.exposition()


async def test_no_lag_is_shown_before_the_ledger_has_said_what_is_done(worker: Worker) -> None:
    worker.assigned, worker.spans[1] = {1}, OffsetRange(0, 10)
    await worker.take(1, [chunk(range(10))])
    await worker.partitions.close()
    successor = worker.begin_again()
    await successor.tick()
    assert b'ipg12_lag_records{partition="1"}' not in worker.metrics.exposition()
    await successor.tick()
    assert b'ipg12_lag_records{partition="1"} 0.0' in worker.metrics.exposition()


async def test_a_partition_pauses_in_its_turn_before_it_takes_more(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRANSACTIONS_PER_SECOND", 0.001)
    worker.assigned = {0}
    await worker.partitions.tick()
    taking = asyncio.create_task(worker.take(0, [chunk(range(4))]))
    for _ in range(50):
        await asyncio.sleep(0)
    assert worker.ledgers[0].committed == [4]
    assert not taking.done()
    taking.cancel()


async def test_chunks_that_were_fetched_in_a_row_share_a_transaction(worker: Worker) -> None:
    worker.assigned = {0}
    await worker.take(0, [chunk(range(4)), chunk(range(4, 7), after=3)])
    assert worker.ledgers[0].committed == [7]


async def test_the_more_partitions_there_are_the_fewer_records_share_a_transaction(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECORDS_AT_ONCE", 6)
    worker.assigned = {0, 1}
    await worker.take(0, [chunk(range(7))])
    assert worker.ledgers[0].committed == [3, 3, 1]
    worker.assigned = set(range(10))
    await worker.take(1, [chunk(range(2))])
    assert worker.ledgers[1].committed == [1, 1]


async def test_once_closing_no_chunk_is_taken(worker: Worker) -> None:
    worker.assigned = {0}
    await worker.take(0, [chunk(range(4))])
    await worker.partitions.close()
    await worker.take(0, [chunk(range(4, 8))])
    await worker.partitions.tick()
    assert sum(worker.ledgers[0].committed) == 4
    assert worker.ledgers[0].stops == 1
    assert worker.partitions.not_ready() == "stopping"
    assert worker.stopped


async def test_while_the_brokers_do_not_answer_a_worker_says_so_once_and_is_not_ready(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.assigned = {0}
    await worker.partitions.tick()
    worker.silent, worker.trouble = True, BrokersUnavailable()
    await worker.partitions.tick()
    await worker.partitions.tick()
    reason = worker.partitions.not_ready()
    assert reason == "waiting for the brokers for 0 s: they do not answer"
    worker.silent = False
    await worker.partitions.tick()
    assert worker.partitions.not_ready() is None
    said = [line for line in caplog.messages if line.startswith("brokers.")]
    assert said == [
        "brokers.unavailable ipg12.episodes fault=they do not answer",
        "brokers.available seconds=0",
    ]


async def test_brokers_that_answer_but_lack_a_topic_stop_the_worker(worker: Worker) -> None:
    worker.assigned, worker.silent = {0}, True
    worker.trouble = OperatorError("missing topics: ipg12.episodes")
    with pytest.raises(OperatorError, match="missing topics"):
        await worker.partitions.tick()


async def test_a_partition_that_waits_for_the_brokers_holds_up_no_other(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    worker.ledgers[0].brokers_away = asyncio.Event()
    worker.assigned = {0, 1}
    await worker.partitions.tick()
    assert worker.partitions.not_ready() == "producers not ready for partitions [0]"
    worker.ledgers[0].brokers_away.set()
    await worker.partitions.tick()
    assert worker.partitions.not_ready() is None


async def test_the_gap_in_the_reconciliation_is_that_of_all_partitions(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.assigned = {0, 1}
    await worker.partitions.tick()
    assert sum(each.gap for each in worker.partitions.processors) == 0
    monkeypatch.setattr(reconciliation, "SETTLED_SECONDS", -1)
    for number in worker.assigned:
        worker.ledgers[number].faults = [asyncio.CancelledError()]
        with pytest.raises(asyncio.CancelledError):
            await worker.take(number, [chunk(range(4))])
    assert sum(each.gap for each in worker.partitions.processors) == 8
