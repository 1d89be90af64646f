"""What Faust's consumer can be told, what it does from which thread, and where recovery ends."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from upstream.offline import Log, Transport, plain_app, until
from upstream.ours import source

from streams.engine.transport import ROOM_SECONDS
from streams.settings import Settings
from streams.worker.app import create_worker_app

CHANGELOG = TP("plain-counts-changelog", 0)
MANY_WAITS = 5


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 has it for its own transactions alone"
)
def test_faust_has_a_setting_for_the_isolation_level() -> None:
    assert [name for name in dir(plain_app().conf) if "isolation" in name]


async def test_ours_reads_committed_records_without_transactions_of_fausts() -> None:
    app = create_worker_app(Settings())
    thread = cast("Any", app.consumer)._thread  # noqa: SLF001
    consumer = thread._create_worker_consumer(app.transport)  # noqa: SLF001
    await consumer.stop()
    thread.thread_loop.close()
    assert consumer._isolation_level == "read_committed"  # noqa: SLF001
    assert not app.in_transaction
    assert not app.consumer.in_transaction


async def crashes_with(app: faust.App) -> bool:
    """Tell whether the consumer's thread crashes with the app, from another loop than its own."""
    thread = cast("Any", app.consumer)._thread  # noqa: SLF001
    thread._crash(RuntimeError())  # noqa: SLF001  # as Mode hands it on
    thread.thread_loop.close()
    return bool(thread.crashed)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 ends it at once, and then waits for it"
)
async def test_faust_stops_the_consumers_thread_in_order_when_the_app_crashes() -> None:
    assert not await crashes_with(plain_app())


async def test_ours_stops_the_consumers_thread_in_order_when_the_app_crashes() -> None:
    assert not await crashes_with(create_worker_app(Settings()))


async def longest_wait(app: faust.App, full: set[TP], others: set[TP]) -> float:
    """Tell how long a consumer waits before it looks whether full partitions have room again."""
    consumer: Any = app.consumer  # some of what is replaced belongs to no interface
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def getmany(*, active_partitions: set[TP], timeout: float) -> dict[TP, list[object]]:  # noqa: ASYNC109  # Faust's signature
        if active_partitions != others:
            pytest.fail("other partitions were asked for")
        waits.append(timeout)
        return {}

    consumer.sleep, consumer._getmany = sleep, getmany  # noqa: SLF001
    consumer._set_active_tps(full | others)  # noqa: SLF001
    for tp in full:
        consumer.on_buffer_full(tp)
    async for _ in consumer.getmany(timeout=1.0):
        pytest.fail("there was nothing to hand over")
    consumer._thread.thread_loop.close()  # noqa: SLF001
    return sum(waits)


FULL_AND_OTHERS = pytest.mark.parametrize(
    "full, others",
    [({source(0)}, set()), ({source(0)}, {source(1)})],
    ids=["all are full", "one is full"],
)


@FULL_AND_OTHERS
@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 waits for a second, full or not"
)
async def test_faust_comes_back_soon_to_a_partition_that_was_full(
    full: set[TP], others: set[TP]
) -> None:
    assert await longest_wait(plain_app(), full, others) <= ROOM_SECONDS


@FULL_AND_OTHERS
async def test_ours_comes_back_soon_to_a_partition_that_was_full(
    full: set[TP], others: set[TP]
) -> None:
    assert 0 < await longest_wait(create_worker_app(Settings()), full, others) <= ROOM_SECONDS


class ElsewhereThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread, which never starts, and what it is asked to do in its own loop."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self._consumer = SimpleNamespace(seek=lambda *_: None)

    async def call_thread(self, fun: object, *_: object, **__: object) -> None:
        """Take note."""
        self.asked.append(fun)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 seeks from whatever thread calls it"
)
async def test_faust_seeks_in_the_thread_that_its_consumer_belongs_to() -> None:
    app = plain_app()
    app.transport = Transport(app, Log({source(): []}))
    thread = cast("Any", app.consumer)._thread = ElsewhereThread()  # noqa: SLF001
    await app.consumer.seek(source(), 5)
    assert len(thread.asked) == 1


class Changes:
    """A changelog's queue that gives one change, and after it nothing."""

    def __init__(self, change: object) -> None:
        self.changes = [change]
        self.waits = 0

    async def get(self) -> object:
        """Give the next one; where there is none, as much time passes as Faust waits."""
        await asyncio.sleep(0)
        if self.changes:
            return self.changes.pop()
        self.waits += 1
        if self.waits > MANY_WAITS:
            await asyncio.Event().wait()
        raise TimeoutError


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 waits for the offset of a marker"
)
async def test_faust_recovers_a_table_whose_changelog_ends_with_a_marker() -> None:
    app = plain_app()
    table = app.Table("counts", default=int, partitions=1)
    tables = cast("TableManager", app.tables)
    recovery = tables.recovery
    recovery.add_active(table, CHANGELOG)
    # One record, and the marker of the transaction that wrote it.
    app.transport = Transport(app, Log({CHANGELOG: [b"1", b""]}))
    await recovery._build_highwaters(  # noqa: SLF001
        app.consumer, {CHANGELOG}, recovery.active_highwaters, "active"
    )
    message = SimpleNamespace(tp=CHANGELOG, offset=0, value=b"1", partition=CHANGELOG.partition)
    changes = Changes(SimpleNamespace(key="records", value=1, message=message))
    tables._changelog_queue = cast("Any", changes)  # noqa: SLF001
    recovery._set_recovery_started()  # noqa: SLF001
    reading = asyncio.create_task(recovery._slurp_changelogs(recovery))  # noqa: SLF001
    await until(lambda: changes.waits > MANY_WAITS)
    reading.cancel()
    await asyncio.wait({reading})
    if recovery.active_offsets[CHANGELOG] != message.offset:
        pytest.fail("the change was not read")
    assert not recovery.in_recovery
