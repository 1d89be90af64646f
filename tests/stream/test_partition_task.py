import asyncio
import logging
from collections.abc import Sequence

import pytest
from aiokafka.errors import IllegalOperation, KafkaError, MessageSizeTooLargeError, ProducerFenced
from aiokafka.structs import TopicPartition
from broker.crashing_worker import POISONED_RULE
from fakes import FakeLedger, FakeReader, FakeRecord, FakeWriter, chunk

from schemas.verdict import Outcome
from streams.engine import partition_task as module
from streams.engine import retry
from streams.engine.availability import BrokerAvailability
from streams.engine.chunks import Chunk
from streams.engine.partition_task import QUIET_TICKS, PartitionTask
from streams.engine.retry import ATTEMPTS, Retry
from streams.engine.watermarks import OffsetRange
from streams.errors import OperatorError
from streams.logs import OneLine
from streams.settings import Settings
from streams.validation.rule import Rule
from streams.validation.rules import RULES
from streams.worker import processor as validation
from streams.worker import reconciliation
from streams.worker.metrics import Metrics
from streams.worker.processor import ValidationProcessor


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0)


SOURCE = TopicPartition("ipg12.episodes", 3)


class Opened(PartitionTask[ValidationProcessor]):
    """A partition with one source, which validates."""

    def __init__(
        self, ledger: FakeLedger, metrics: Metrics, rules: Sequence[Rule], *, owned: bool
    ) -> None:
        reader = FakeReader({SOURCE.partition: ledger})
        super().__init__(
            [SOURCE],
            ValidationProcessor(Settings(), SOURCE, metrics, FakeWriter(ledger), reader, rules),  # type: ignore[arg-type]  # fakes
            reader.records,
            Retry("ipg12.episodes/3", BrokerAvailability(lambda: None), lambda: owned),
            metrics,
        )

    async def do(self, *chunks: Chunk) -> None:
        for each in chunks:
            await self.take(SOURCE, each)

    async def look(self, span: OffsetRange | None) -> None:
        await self.tick({SOURCE: span} if span else {})


def open_on(
    ledger: FakeLedger,
    *,
    owned: bool = True,
    metrics: Metrics | None = None,
    rules: Sequence[Rule] = RULES,
) -> Opened:
    return Opened(ledger, metrics or Metrics(), rules, owned=owned)


def upto(ledger: FakeLedger) -> int:
    assert ledger.row is not None
    return ledger.row.upto


async def test_records_that_the_ledger_has_already_are_not_done_again() -> None:
    ledger = FakeLedger(range(10))
    await open_on(ledger).do(chunk(range(6)))
    await open_on(ledger).do(chunk(range(3, 10)))
    await open_on(ledger).do(chunk(range(10)))
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)


async def test_records_passed_over_before_the_first_chunk_are_read_and_done_first() -> None:
    ledger = FakeLedger(range(10))
    await open_on(ledger).do(chunk(range(7, 10)))
    assert ledger.reads == [(0, 7)]
    assert (ledger.committed, upto(ledger)) == ([7, 3], 9)


async def test_records_passed_over_between_chunks_are_read_and_done_in_their_place() -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.do(chunk(range(3)))
    await partition.do(chunk(range(7, 10), after=6))
    assert ledger.reads == [(3, 7)]
    assert (ledger.committed, upto(ledger)) == ([3, 4, 3], 9)


async def test_a_hole_between_records_fetched_one_after_the_other_is_not_looked_into() -> None:
    ledger = FakeLedger([0, 1, 5, 6])
    partition = open_on(ledger)
    await partition.do(chunk([0, 1]))
    await partition.do(chunk([5, 6], after=1))
    assert ledger.reads == []
    assert sum(ledger.committed) == 4


async def test_a_quiet_partition_has_what_was_passed_over_at_its_end_done() -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.do(chunk(range(4)))
    for _ in range(QUIET_TICKS):
        await partition.look(OffsetRange(0, 10))
    assert ledger.reads == []
    await partition.look(OffsetRange(0, 10))
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)


async def test_an_end_that_holds_nothing_is_looked_at_once() -> None:
    ledger = FakeLedger(range(4))
    partition = open_on(ledger)
    await partition.do(chunk(range(4)))
    for _ in range(5 * QUIET_TICKS):
        await partition.look(OffsetRange(0, 6))
    assert ledger.reads == [(4, 6)]


async def test_a_partition_is_opened_by_its_first_tick_though_its_end_is_not_known() -> None:
    ledger = FakeLedger([])
    partition = open_on(ledger)
    await partition.look(None)
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
    await partition.do(chunk(range(10)))
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)
    assert (ledger.starts, ledger.stops) == (2, 1)


async def test_a_partition_that_has_gone_to_another_worker_is_left_alone() -> None:
    ledger = FakeLedger(range(10))
    await open_on(ledger, owned=False).do(chunk(range(10)))
    assert (ledger.committed, ledger.starts) == ([], 0)


async def test_a_fault_that_stays_stops_the_worker_and_names_the_offsets() -> None:
    ledger = FakeLedger(range(10))
    ledger.faults = [KafkaError() for _ in range(ATTEMPTS)]
    with pytest.raises(OperatorError, match=r"ipg12\.episodes/3, offsets 0 to 9: KafkaError"):
        await open_on(ledger).do(chunk(range(10)))
    assert ledger.committed == []


async def test_an_exception_while_checking_stops_the_worker_and_names_the_offsets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def poisoned(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(validation, "judge_chunk", poisoned)
    ledger = FakeLedger(range(10))
    with pytest.raises(
        OperatorError, match=r"ipg12\.episodes/3, offsets 0 to 9: ZeroDivisionError"
    ):
        await open_on(ledger).do(chunk(range(10)))
    assert ledger.committed == []


async def test_a_fault_in_a_rule_quotes_nothing_of_the_record_to_operators() -> None:
    quoted = b'{"episode_id":"E1","provider_code":"R0A","procedures":["V444wxz"],"diagnoses":[]}'
    with pytest.raises(
        OperatorError, match=r"ipg12\.episodes/3, offsets 0 to 0: ValueError"
    ) as raised:
        await open_on(FakeLedger([0]), rules=[POISONED_RULE]).do(
            Chunk([FakeRecord(0, quoted)], None)
        )
    trouble = raised.value
    fault = logging.LogRecord(
        *("faust.app", logging.ERROR, "app.py", 1, "%r", (trouble,), (OperatorError, trouble, None))
    )
    assert "wxz" in repr(trouble.__cause__)
    assert "wxz" not in str(trouble) + repr(trouble) + OneLine().format(fault)


async def test_a_chunk_cut_short_by_cancellation_is_not_built_upon() -> None:
    ledger = FakeLedger(range(10))
    ledger.faults, ledger.effective = [asyncio.CancelledError()], True
    partition = open_on(ledger)
    with pytest.raises(asyncio.CancelledError):
        await partition.do(chunk(range(5)))
    await partition.do(chunk(range(10)))
    assert (ledger.committed, upto(ledger)) == ([5, 5], 9)


async def test_one_that_was_replaced_meanwhile_learns_it_from_its_next_commit() -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.do(chunk(range(5)))
    await open_on(ledger).do(chunk(range(5, 8)))
    ledger.faults = [ProducerFenced()]
    await partition.do(chunk(range(5, 10)))
    assert (ledger.committed, upto(ledger)) == ([5, 3, 2], 9)


async def test_waiting_for_brokers_has_no_end_but_theirs() -> None:
    ledger = FakeLedger(range(10))
    ledger.faults = [TimeoutError() for _ in range(5 * ATTEMPTS)]
    await open_on(ledger).do(chunk(range(10)))
    assert (sum(ledger.committed), upto(ledger)) == (10, 9)


async def test_what_brokers_refuse_is_not_asked_again() -> None:
    ledger = FakeLedger(range(10))
    refused = MessageSizeTooLargeError()
    refused.add_note("ipg12.compliant")
    ledger.faults = [refused]
    with pytest.raises(
        OperatorError,
        match=r"episodes/3, offsets 0 to 9: MessageSizeTooLargeError ipg12\.compliant; ",
    ):
        await open_on(ledger).do(chunk(range(10)))
    assert (ledger.committed, ledger.starts) == ([], 1)


async def test_records_that_the_brokers_deleted_unread_are_counted_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger, metrics = FakeLedger([*range(4), *range(7, 10)]), Metrics()
    partition = open_on(ledger, metrics=metrics)
    await partition.do(chunk(range(4)))
    await partition.do(chunk(range(7, 10), after=3))
    ledger.faults = [TimeoutError()]
    await partition.do(chunk(range(10, 12), after=9))
    await partition.look(OffsetRange(7, 12))
    assert "records.expired ipg12.episodes/3 start=4 end=7" in caplog.messages
    assert b"ipg12_expired_offsets_total 3.0" in metrics.exposition()


async def test_records_under_way_for_long_are_a_gap_in_the_reconciliation_until_they_are_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.do(chunk(range(4)))
    ledger.faults = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await partition.do(chunk(range(4, 10)))
    assert partition.processor.gap == 0
    monkeypatch.setattr(reconciliation, "SETTLED_SECONDS", -1)
    assert partition.processor.gap == 6
    ledger.faults, ledger.effective = [TimeoutError()], True
    await partition.do(chunk(range(4, 10)))
    assert partition.processor.gap == 0


async def test_closing_waits_for_the_chunk_under_way_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)
    ledger = FakeLedger(range(10))
    partition = open_on(ledger)
    await partition.look(None)
    never = asyncio.Event()
    monkeypatch.setattr(FakeWriter, "commit", lambda *_: never.wait())
    taking = asyncio.create_task(partition.do(chunk(range(10))))
    await asyncio.sleep(0)
    await partition.close()
    assert ledger.stops == 1
    assert not partition.ready
    taking.cancel()


async def test_messages_are_read_by_the_fields_that_are_configured() -> None:
    ledger = FakeLedger([0])
    settings = Settings(hl7_episode_id="PID-3")
    writer, reader = FakeWriter(ledger), FakeReader({SOURCE.partition: ledger})
    processor = ValidationProcessor(settings, SOURCE, Metrics(), writer, reader, RULES)  # type: ignore[arg-type]  # fakes
    await processor.open()
    await processor.process(SOURCE, [FakeRecord(0, b"MSH|^~\\&||R0A|||||ADT\rPID|1||E9\r")])
    assert ledger.row is not None
    assert ledger.row.outcomes[Outcome.OUT_OF_SCOPE] == 1
