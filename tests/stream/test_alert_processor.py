import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import pytest
from aiokafka.errors import ProducerFenced
from aiokafka.structs import TopicPartition
from fakes import FakeRecord
from pydantic import BaseModel

from schemas.alert import Alert, AlertAction, AlertCommand, AlertPosition, AlertState
from schemas.verdict import Severity
from streams.alerting.metrics import AlertMetrics
from streams.alerting.processor import AlertProcessor
from streams.alerts.alert_log import AlertLog
from streams.engine import retry
from streams.engine.availability import BrokerAvailability
from streams.engine.chunks import Chunk
from streams.engine.partition_task import QUIET_TICKS, PartitionTask
from streams.engine.retry import Retry
from streams.engine.transaction_writer import TopicRows
from streams.engine.watermarks import OffsetRange
from streams.errors import OperatorError
from streams.records import Record
from streams.settings import Settings
from streams.validation.check import check, judge
from streams.validation.rule import coded

VERDICTS = TopicPartition("ipg12.verdicts", 0)
COMMANDS = TopicPartition("ipg12.alert-commands", 0)
BAD, GOOD = (
    check(coded(codes)).model_dump_json().encode()
    for codes in ("V44.4 Y53.4 V55.1 Z66.5", "V44.4 V55.1 Y53.4 Z66.5")
)
OF_RULE_SET_1 = (
    b'{"episode_id":"E1","provider_code":"R0A","outcome":"non-compliant","ruleset":"1","source":'
    b'{"topic":"ipg12.episodes","partition":0,"offset":4},"findings":[{"rule":"LV02","name":'
    b'"levels-not-second","severity":"error","place":"procedures[2].code","found":"V55.1",'
    b'"expected":"V55 directly after V44.4","fix":{"action":"move","code":"V55.1","position":'
    b'"after","anchor":"procedures[0].code","text":"move V55.1 after V44.4"}}],'
    b'"proposed":["V44.4","V55.1","Y53.4","Z66.5"],"rejection":null}'
)
DEAD_OF_RULE_SET_1 = (
    b'{"episode_id":null,"provider_code":null,"outcome":"dead-letter","ruleset":"1","source":null,'
    b'"findings":[],"proposed":null,"rejection":{"reason":"null-value","errors":'
    b'[{"place":"value","message":"is null"}]}}'
)
NOW = datetime.now(UTC)

T = TypeVar("T", bound=BaseModel)

KeyAndValue = tuple[bytes | None, bytes | None]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0)


class Kafka:
    """Topics in memory, for one partition: what an outlet writes and a reader reads."""

    def __init__(self, *sources: TopicPartition) -> None:
        self.rows: dict[str, list[KeyAndValue]] = defaultdict(list)
        self.sources: dict[TopicPartition, list[Record]] = {source: [] for source in sources}
        self.offsets: dict[TopicPartition, int] = {}
        self.faults: list[BaseException] = []
        self.partitions = 1
        self.effective = False
        """Whether a commit that raises has taken effect all the same."""

    async def start(self) -> None:
        """There is no predecessor."""

    async def stop(self) -> None:
        """There is nothing to let go of."""

    async def commit(
        self, rows_by_topic: Iterable[TopicRows], offsets: Mapping[TopicPartition, int]
    ) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.effective:
            for rows in rows_by_topic:
                written = [(row.key, row.value) for row in rows.rows]
                self.rows[rows.topic] += cast("list[KeyAndValue]", written)
            self.offsets |= offsets
        if fault:
            raise fault

    async def table(self, partition: TopicPartition, model: type[T]) -> dict[str, T]:
        rows = dict(self.rows[partition.topic])
        return {
            (key or b"").decode(): model.model_validate_json(row or b"")
            for key, row in rows.items()
        }

    async def partition_count(self, _: str) -> int:
        return self.partitions

    async def records(
        self, source: TopicPartition, start: int, end: int
    ) -> AsyncGenerator[Sequence[Record], None]:
        if passed_over := self.sources[source][start:end]:
            yield passed_over

    async def alert(self, key: str = "LV02/R0A") -> Alert:
        return (await self.table(TopicPartition("ipg12.alerts", 0), Alert))[key]


class Ledger:
    """What stands in the ledger of such topics."""

    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka

    async def rows(
        self, sources: Sequence[TopicPartition], model: type[AlertPosition]
    ) -> dict[TopicPartition, AlertPosition]:
        rows = await self.kafka.table(TopicPartition("ipg12.alert-ledger", 0), model)
        names = {f"{source.topic}/{source.partition}": source for source in sources}
        return {names[key]: row for key, row in rows.items()}


class Keeper(PartitionTask[AlertProcessor]):
    """A process that keeps the alerts, on such topics."""

    def __init__(self, kafka: Kafka) -> None:
        self.metrics = AlertMetrics()
        self.work = AlertProcessor(Settings(), 0, self.metrics, kafka, kafka, Ledger(kafka))  # type: ignore[arg-type]  # fakes
        super().__init__(
            [VERDICTS, COMMANDS],
            self.work,
            kafka.records,
            Retry("ipg12.verdicts/0", BrokerAvailability(lambda: None), lambda: True),
            self.metrics,
        )


def verdicts(*values: bytes | None, first: int = 0) -> Chunk:
    return Chunk(
        [FakeRecord(first + n, value, timestamp=n) for n, value in enumerate(values)], None
    )


def command(action: AlertAction, offset: int = 0, **fields: object) -> Chunk:
    asked = AlertCommand.model_validate(
        {"id": "1", "action": action, "rule": "LV02", "provider": "R0A", "by": "Ann", "why": "x"}
        | {"at": NOW}
        | fields
    )
    return Chunk([FakeRecord(offset, asked.model_dump_json().encode())], None)


@pytest.fixture
def kafka() -> Kafka:
    return Kafka(VERDICTS, COMMANDS)


async def test_what_a_verdict_changes_and_how_far_it_came_are_written_together(
    kafka: Kafka,
) -> None:
    keeper = Keeper(kafka)
    await keeper.take(VERDICTS, verdicts(BAD))
    assert (await kafka.alert()).state is AlertState.OPEN
    assert [key for key, _ in kafka.rows["ipg12.worklist"]] == [b"R0A/EXAMPLE"]
    assert [key for key, _ in kafka.rows["ipg12.alert-events"]] == [b"LV02/R0A"]
    position = b'{"upto":0,"partitions":1}'
    assert kafka.rows["ipg12.alert-ledger"] == [(b"ipg12.verdicts/0", position)]
    assert kafka.offsets == {VERDICTS: 1}
    assert keeper.work.count() == {(Severity.ERROR, AlertState.OPEN, False): 1}
    assert b'ipg12_alert_steps_total{step="opened"} 1.0' in keeper.metrics.exposition()


@pytest.mark.parametrize("effective", [True, False])
@pytest.mark.parametrize("fault", [ProducerFenced(), TimeoutError()])
async def test_after_a_failed_commit_each_finding_is_counted_once(
    kafka: Kafka, fault: Exception, *, effective: bool
) -> None:
    keeper = Keeper(kafka)
    await keeper.take(VERDICTS, verdicts(BAD))
    kafka.faults, kafka.effective = [fault], effective
    await keeper.take(VERDICTS, verdicts(BAD, BAD, first=1))
    assert (await kafka.alert()).findings == 3
    assert len(kafka.rows["ipg12.alert-events"]) == 1


async def test_a_successor_goes_on_where_both_sources_were_left(kafka: Kafka) -> None:
    first = Keeper(kafka)
    await first.take(VERDICTS, verdicts(BAD))
    await first.take(COMMANDS, command(AlertAction.ACKNOWLEDGE))
    second = Keeper(kafka)
    await second.take(COMMANDS, command(AlertAction.ACKNOWLEDGE))
    await second.take(VERDICTS, verdicts(BAD, GOOD))
    alert = await kafka.alert()
    assert (alert.state, alert.findings, alert.acknowledged_by) == (AlertState.RESOLVED, 1, "Ann")
    assert len(kafka.rows["ipg12.alert-events"]) == 3


async def test_commands_that_faust_passed_over_are_done_though_verdicts_keep_coming(
    kafka: Kafka,
) -> None:
    keeper = Keeper(kafka)
    kafka.sources[COMMANDS] = list(command(AlertAction.ACKNOWLEDGE).records)
    for offset in range(QUIET_TICKS + 1):
        await keeper.take(VERDICTS, verdicts(BAD, first=offset))
        await keeper.tick({VERDICTS: OffsetRange(0, offset + 1), COMMANDS: OffsetRange(0, 1)})
    assert (await kafka.alert()).state is AlertState.ACKNOWLEDGED


async def test_what_cannot_be_read_is_a_dead_letter_and_what_follows_is_done(kafka: Kafka) -> None:
    keeper = Keeper(kafka)
    await keeper.take(VERDICTS, verdicts(b"{", BAD))
    assert [value for _, value in kafka.rows["ipg12.dead-letter"]] == [b"{"]
    assert (await kafka.alert()).findings == 1
    assert b"ipg12_alerts_dead_letters_total 1.0" in keeper.metrics.exposition()


async def test_a_withdrawal_and_a_verdict_of_the_first_rule_set_neither_stop_nor_lose_anything(
    kafka: Kafka,
) -> None:
    keeper = Keeper(kafka)
    withdrawn = judge(None, key=b"R0A/EXAMPLE").model_dump_json().encode()
    values = OF_RULE_SET_1, DEAD_OF_RULE_SET_1, BAD, withdrawn, BAD, GOOD
    await keeper.take(VERDICTS, verdicts(*values))
    assert kafka.offsets == {VERDICTS: len(values)}
    assert kafka.rows["ipg12.dead-letter"] == []
    assert ((await kafka.alert()).findings, (await kafka.alert()).awaiting) == (3, 1)


async def test_a_silence_whose_end_has_come_is_ended_without_a_record(kafka: Kafka) -> None:
    keeper = Keeper(kafka)
    await keeper.take(VERDICTS, verdicts(BAD))
    past: dict[str, Any] = {"at": NOW - timedelta(hours=2), "until": NOW - timedelta(hours=1)}
    await keeper.take(COMMANDS, command(AlertAction.SILENCE, **past))
    assert (await kafka.alert()).silence
    await keeper.tick({})
    assert (await kafka.alert()).silence is None
    assert not keeper.work.punctuation_due


async def test_alerts_are_not_kept_where_partitions_were_added(kafka: Kafka) -> None:
    await Keeper(kafka).take(VERDICTS, verdicts(BAD))
    kafka.partitions = 2
    with pytest.raises(
        OperatorError, match="has 2 partitions, but had 1 when its alerts were last"
    ):
        await Keeper(kafka).take(VERDICTS, verdicts(BAD, first=1))


async def test_a_silence_ends_once_though_its_commit_fails(kafka: Kafka) -> None:
    keeper = Keeper(kafka)
    await keeper.take(VERDICTS, verdicts(BAD))
    past: dict[str, Any] = {"at": NOW - timedelta(hours=2), "until": NOW - timedelta(hours=1)}
    await keeper.take(COMMANDS, command(AlertAction.SILENCE, **past))
    for effective in (True, False):
        kafka.faults, kafka.effective = [TimeoutError()], effective
        await keeper.tick({})
        await keeper.tick({})
    steps = [json.loads(value or b"")["step"] for _, value in kafka.rows["ipg12.alert-events"]]
    assert steps == ["opened", "silenced", "unsilenced"]


async def test_a_chunk_cut_short_by_cancellation_is_not_built_upon(kafka: Kafka) -> None:
    keeper = Keeper(kafka)
    kafka.faults = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await keeper.take(VERDICTS, verdicts(BAD))
    await keeper.take(VERDICTS, verdicts(BAD))
    assert (await kafka.alert()).findings == 1


async def test_an_exception_in_the_fold_stops_the_process_and_names_the_offsets(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AlertLog, "apply_verdict", lambda *_: 1 / 0)
    with pytest.raises(
        OperatorError, match=r"ipg12\.verdicts/0, offsets 0 to 0: ZeroDivisionError"
    ):
        await Keeper(kafka).take(VERDICTS, verdicts(BAD))
    assert not kafka.offsets


async def test_commands_that_expired_unread_are_counted(kafka: Kafka) -> None:
    keeper = Keeper(kafka)
    await keeper.take(COMMANDS, command(AlertAction.ACKNOWLEDGE))
    await keeper.take(COMMANDS, command(AlertAction.ACKNOWLEDGE, offset=5))
    await keeper.tick({COMMANDS: OffsetRange(5, 6), VERDICTS: OffsetRange(0, 0)})
    assert b"ipg12_alerts_expired_offsets_total 4.0" in keeper.metrics.exposition()


async def test_the_lag_of_each_source_is_shown_and_goes_with_the_partition(kafka: Kafka) -> None:
    keeper = Keeper(kafka)
    await keeper.take(VERDICTS, verdicts(BAD))
    await keeper.tick({VERDICTS: OffsetRange(0, 3), COMMANDS: OffsetRange(0, 1)})
    shown = keeper.metrics.exposition()
    lag = b'ipg12_alerts_lag_records{partition="0",topic="ipg12.%s"} %d.0'
    assert lag % (b"verdicts", 2) in shown
    assert lag % (b"alert-commands", 1) in shown
    await keeper.close()
    assert b"ipg12_alerts_lag_records{" not in keeper.metrics.exposition()
