"""How Faust ends actors, and what they use."""

import asyncio
from collections.abc import Awaitable, Callable

import faust
import pytest
from faust.types import StreamT
from mode import OneForOneSupervisor, Service
from mode.types import ServiceT
from mode.utils import times
from upstream.offline import Log, Transport, plain_app, running, settle, until
from upstream.ours import ledgers_for, our_app, source

from streams.engine.task_manager import TaskManager

RECORD = b"{}"
PARTITIONS = {source(0), source(1)}


class Watched(OneForOneSupervisor):
    """Faust's own supervisor, which keeps in mind what it does."""

    restarted = 0
    exits = 0

    async def restart_service(self, service: ServiceT) -> None:
        """Restart an actor, and survive it."""
        type(self).restarted += 1
        try:
            await super().restart_service(service)
        except SystemExit:
            type(self).exits += 1


@pytest.fixture
def watched() -> type[Watched]:
    return type("Watched", (Watched,), {})


@pytest.fixture
def log() -> Log:
    return Log({tp: [RECORD] for tp in PARTITIONS})


def working_app(watched: type[Watched], work: Callable[[], Awaitable[None]]) -> faust.App:
    """Make an app with an actor for each partition."""
    app = plain_app(agent_supervisor=watched)

    @app.agent(app.topic(source().topic, value_serializer="raw"), isolated_partitions=True)
    async def worker(stream: StreamT[bytes]) -> None:
        async for _ in stream:
            await work()

    return app


async def revoke_while_working(app: faust.App, log: Log, at_work: Callable[[], int]) -> None:
    """Revoke both partitions while both actors are at work."""
    (agent,) = app.agents.values()
    async with running(app, log):
        await until(lambda: at_work() == len(PARTITIONS))
        await agent.on_partitions_revoked(PARTITIONS)
        await settle()


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 takes a cancellation for a crash"
)
async def test_faust_does_not_restart_the_actors_of_revoked_partitions(
    watched: type[Watched], log: Log
) -> None:
    at_work: list[bool] = []

    async def work() -> None:
        at_work.append(True)
        await asyncio.Event().wait()

    await revoke_while_working(working_app(watched, work), log, lambda: len(at_work))
    assert watched.restarted == 0


async def test_ours_ends_the_actors_of_revoked_partitions_quietly(
    watched: type[Watched], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work: list[bool] = []

    async def work(*_: object) -> None:
        at_work.append(True)
        await asyncio.Event().wait()

    monkeypatch.setattr(TaskManager, "take", work)
    app = our_app(monkeypatch, ledgers_for(log))
    app.conf.agent_supervisor = watched  # type: ignore[assignment]  # its settings have no types
    await revoke_while_working(app, log, lambda: len(at_work))
    assert watched.restarted == 0
    assert app.crash_reason is None


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything happen at one time of the clock."""
    monkeypatch.setattr(times, "TIME_MONOTONIC", lambda: 0.0)


async def crash_together(app: faust.App, log: Log) -> None:
    """Have both actors crash."""
    async with running(app, log):
        await settle()


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 allows one restart in 10 ms"
)
@pytest.mark.usefixtures("at_once")
async def test_faust_restarts_two_actors_that_crash_at_once(
    watched: type[Watched], log: Log
) -> None:
    async def work() -> None:
        if watched.restarted < len(PARTITIONS):
            raise ZeroDivisionError

    await crash_together(working_app(watched, work), log)
    assert (watched.restarted, watched.exits) == (len(PARTITIONS), 0)


@pytest.mark.usefixtures("at_once")
async def test_ours_ends_with_its_reason_where_two_actors_fail_at_once(
    watched: type[Watched], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(TaskManager, "take", work)
    app = our_app(monkeypatch, ledgers_for(log))
    app.conf.agent_supervisor = watched  # type: ignore[assignment]  # its settings have no types
    await crash_together(app, log)
    assert watched.restarted == 0
    assert isinstance(app.crash_reason, ZeroDivisionError)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 stops services before agents"
)
async def test_faust_stops_a_service_after_the_agents_that_use_it(log: Log) -> None:
    app, ended = plain_app(), list[str]()
    app.transport = Transport(app, log)
    app.boot_strategy.server = lambda: [app.producer, app.agents]  # type: ignore[method-assign]  # fewer services

    @app.agent(app.topic(source().topic, value_serializer="raw"))
    async def worker(stream: StreamT[bytes]) -> None:
        try:
            async for _ in stream:
                pass
        finally:
            ended.append("agent")

    @app.service
    class Database(Service):
        async def on_stop(self) -> None:
            """Let go of what agents use."""
            ended.append("service")

    await app.start()
    await until(lambda: len(app.topics) > 0)
    await app.stop()
    assert ended == ["agent", "service"]
