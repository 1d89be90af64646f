import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace

import pytest
from aiokafka.structs import TopicPartition
from fakes import FakeRecord, chunk

from streams.engine.app import assigned_numbers
from streams.engine.chunk_agent import chunk_agent, or_crash
from streams.engine.chunks import CHUNK_BYTES, Chunk
from streams.errors import OperatorError
from streams.settings import Settings
from streams.worker import app as worker_app
from streams.worker.app import create_worker_app
from streams.worker.dead_letter_alarm import DeadLetterAlarm
from streams.worker.metrics import Metrics


class FakePartitions:
    def __init__(self) -> None:
        self.taken: list[list[int]] = []
        self.faults: list[BaseException] = []

    async def take(self, _: object, chunks: Iterable[Chunk]) -> None:
        if self.faults:
            raise self.faults.pop()
        self.taken.append([chunk.last for chunk in chunks])


def test_an_app_is_made_without_a_broker_and_named_after_the_group() -> None:
    app = create_worker_app(Settings(group="g1", topic_prefix="t.", web_port=7001))
    assert app.conf.id == "g1"
    assert app.conf.web_port == 7001
    (agent,) = app.agents.values()
    assert agent.isolated_partitions
    assert agent.get_topic_names() == ("t.episodes",)


def test_faust_keeps_no_account_of_what_is_done() -> None:
    app = create_worker_app(Settings())
    (agent,) = app.agents.values()
    assert not agent.channel.acks
    assert not app.conf.topic_allow_declare
    assert app.conf.topic_disable_leader


async def test_the_agent_takes_chunks_in_order() -> None:
    app = create_worker_app(Settings())
    partitions = FakePartitions()
    agent = app.agent(app.channel(), name="tested")(chunk_agent(app, partitions))  # type: ignore[arg-type]  # a fake
    async with agent.test_context() as context:
        for last in (3, 5, 9):
            await context.put(chunk([last]))
    assert partitions.taken == [[3], [5], [9]]


async def test_what_came_while_an_actor_was_busy_is_taken_together() -> None:
    app = create_worker_app(Settings())
    partitions = FakePartitions()
    stream = FakeStream()
    for last in (3, 5):
        stream.channel.queue.put_nowait(SimpleNamespace(value=chunk([last])))
    await chunk_agent(app, partitions)(stream)  # type: ignore[arg-type]  # fakes
    assert partitions.taken == [[0, 3, 5]]


async def test_no_more_is_taken_together_than_a_transaction_may_hold() -> None:
    app = create_worker_app(Settings())
    partitions = FakePartitions()
    stream = FakeStream()
    half = Chunk([FakeRecord(1, b" " * (CHUNK_BYTES // 2))], None)
    for _ in range(3):
        stream.channel.queue.put_nowait(SimpleNamespace(value=half))
    await chunk_agent(app, partitions)(stream)  # type: ignore[arg-type]  # fakes
    assert partitions.taken == [[0, 1, 1]]
    assert stream.channel.queue.qsize() == 1


class FakeStream:
    """A stream of one chunk, and of what waits behind it."""

    def __init__(self) -> None:
        self.channel = SimpleNamespace(queue=asyncio.Queue[SimpleNamespace]())

    async def events(self) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(message=SimpleNamespace(tp=None), value=chunk([0]))


async def test_an_exception_in_the_agent_ends_the_app_and_keeps_its_reason() -> None:
    app = create_worker_app(Settings())
    partitions = FakePartitions()
    partitions.faults = [OperatorError("mend it")]
    await chunk_agent(app, partitions)(FakeStream())  # type: ignore[arg-type]  # fakes
    assert str(app.crash_reason) == "mend it"


async def test_an_actor_that_is_asked_to_stop_ends_without_a_fault() -> None:
    app = create_worker_app(Settings())
    actor = asyncio.create_task(or_crash(app, asyncio.Event().wait()))  # type: ignore[arg-type]  # it never returns
    await asyncio.sleep(0)
    actor.cancel()
    await actor
    assert app.crash_reason is None


async def test_a_cancellation_that_nobody_asked_for_ends_the_app() -> None:
    app = create_worker_app(Settings())
    partitions = FakePartitions()
    partitions.faults = [asyncio.CancelledError()]
    await chunk_agent(app, partitions)(FakeStream())  # type: ignore[arg-type]  # fakes
    assert "start it again" in str(app.crash_reason)


EPISODES, COMMANDS = "ipg12.verdicts", "ipg12.alert-commands"


@pytest.mark.parametrize(
    "places,standby,numbers",
    [
        ([], False, None),
        ([], True, frozenset()),
        ([(EPISODES, 0), (EPISODES, 1), (COMMANDS, 1)], False, {1}),
        ([(EPISODES, 0), (COMMANDS, 1)], False, None),
    ],
    ids=["before the first rebalance", "on standby", "both topics", "one topic only"],
)
def test_the_numbers_assigned_are_those_of_all_topics(
    places: list[tuple[str, int]], *, standby: bool, numbers: set[int] | None
) -> None:
    assignment = [TopicPartition(*place) for place in places]
    assert assigned_numbers(assignment, [EPISODES, COMMANDS], standby=standby) == numbers


async def test_every_second_the_worker_shows_its_gap_and_looks_at_its_dead_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks: list[Callable[..., None]] = []
    ticked: list[Metrics] = []
    monkeypatch.setattr(worker_app, "create_app", lambda *given: ticks.append(given[-1]))
    monkeypatch.setattr(DeadLetterAlarm, "tick", lambda alarm: ticked.append(alarm._metrics))  # noqa: SLF001
    create_worker_app(Settings())
    ticks[0]([SimpleNamespace(gap=2), SimpleNamespace(gap=3)])
    (metrics,) = ticked
    assert b"ipg12_conservation_gap 5.0" in metrics.exposition()
