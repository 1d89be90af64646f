"""What becomes of records between Faust's consumer and the group's offsets."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from faust.types import StreamT
from upstream.offline import Log, plain_app, running, until
from upstream.ours import ledgers_for, our_app, source

from schemas.verdict import Outcome

TP = source()
RECORD = b"{}"
CHANGELOG = "plain-counts-changelog"


def copying_app(seen: list[int], value_serializer: str = "raw") -> faust.App:
    """Make the app of a tutorial: each record is copied where it is met."""
    app = plain_app()
    output = app.topic("output", value_serializer="raw")

    @app.agent(app.topic(TP.topic, value_serializer=value_serializer))
    async def copy(stream: StreamT[object]) -> None:
        async for event in stream.events():
            seen.append(event.message.offset)
            await output.send(value=RECORD)

    return app


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 commits what it could not decode"
)
async def test_faust_does_not_commit_a_record_that_it_cannot_decode() -> None:
    log, seen = Log({TP: [RECORD, b'{"cut off', RECORD]}), list[int]()
    async with running(copying_app(seen, "json"), log) as consumer:
        await until(lambda: 2 in seen)
        await consumer.commit()
    assert 1 in seen or log.committed.get(TP, 0) <= 1


async def test_ours_judges_a_record_that_cannot_be_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log({TP: [RECORD, b'{"cut off', RECORD]})
    ledger = ledgers_for(log)[0]
    async with running(our_app(monkeypatch, {0: ledger}), log):
        await until(lambda: ledger.row and ledger.row.upto == 2)
    assert ledger.row is not None
    assert ledger.row.outcomes[Outcome.DEAD_LETTER] == 3


async def seek_while_records_are_in_flight(
    app: faust.App, log: Log, last_seen: Callable[[], int]
) -> None:
    """Start at offset 5, and go back to 2 while 5 to 7 are in flight; 8 is published last."""
    async with running(app, log) as consumer:
        await consumer.thread.idle.wait()
        consumer.thread.arrived.clear()
        log.values[TP] += [RECORD] * 3
        await consumer.thread.in_flight.wait()
        log.committed[TP] = 2
        await consumer.perform_seek()
        consumer.thread.arrived.set()
        log.values[TP].append(RECORD)
        await until(lambda: last_seen() == 8)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 hands over what came from elsewhere"
)
async def test_faust_596_after_a_seek_hands_over_what_was_sought() -> None:
    log, seen = Log({TP: [RECORD] * 5}, committed={TP: 5}), list[int]()
    await seek_while_records_are_in_flight(copying_app(seen), log, lambda: max(seen, default=-1))
    assert [offset for offset in range(2, 9) if offset not in seen] == []


async def test_ours_does_what_was_sought_whatever_is_in_flight_596(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log({TP: [RECORD] * 5}, committed={TP: 5})
    ledger = ledgers_for(log, upto=1, end=9)[0]
    app = our_app(monkeypatch, {0: ledger})
    await seek_while_records_are_in_flight(app, log, lambda: ledger.row.upto if ledger.row else -1)
    assert sum(ledger.committed) == len(range(2, 9))


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 takes one unfinished record for a gap"
)
async def test_faust_606_does_not_commit_over_an_unfinished_record() -> None:
    log, done = Log({TP: [RECORD] * 5}, committed={TP: 2}), list[int]()
    app, finish = plain_app(), asyncio.Event()

    @app.agent(app.topic(TP.topic, value_serializer="raw"), concurrency=2)
    async def work(stream: StreamT[bytes]) -> None:
        async for event in stream.events():
            if event.message.offset == 2:
                await finish.wait()
            done.append(event.message.offset)

    async with running(app, log) as consumer:
        await until(lambda: not {3, 4} - set(done) and consumer.acknowledged(TP) >= {3, 4})
        await consumer.commit()
        finish.set()
    assert log.committed[TP] == 2


async def test_ours_commits_nothing_beside_its_transactions_606(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log({TP: [RECORD] * 5}, committed={TP: 2})
    ledger = ledgers_for(log, upto=1)[0]
    async with running(our_app(monkeypatch, {0: ledger}), log) as consumer:
        await until(lambda: ledger.row and ledger.row.upto == 4)
        await consumer.commit()
    assert log.committed[TP] == 2


def counting_app(seen: list[int]) -> faust.App:
    """Make an app that copies each record, and counts it in a table."""
    app = plain_app()
    output = app.topic("output", value_serializer="raw")
    table = app.Table("counts", default=int, partitions=1)

    @app.agent(app.topic(TP.topic, value_serializer="raw"))
    async def count(stream: StreamT[bytes]) -> None:
        async for event in stream.events():
            await output.send(value=event.value)
            table["records"] += 1
            seen.append(event.message.offset)

    return app


def restore(app: faust.App, log: Log) -> None:
    """Fill the table from its changelog, as Faust does when it starts."""
    events: list[Any] = [
        SimpleNamespace(
            key=json.loads(key or b""),
            value=json.loads(value or b""),
            message=SimpleNamespace(value=value, partition=TP.partition),
        )
        for key, value in log.sent[CHANGELOG]
    ]
    app.tables["counts"].apply_changelog_batch(events)


async def kill_before_the_commit(log: Log) -> int:
    """Have three records done by an app that is killed then, and a fourth by its successor.

    Gives what the successor's table says.
    """
    async with running(counting_app([]), log):
        await until(lambda: len(log.sent[CHANGELOG]) == 3)
    log.values[TP].append(RECORD)
    seen: list[int] = []
    successor = counting_app(seen)
    restore(successor, log)
    async with running(successor, log):
        await until(lambda: 3 in seen)
        counted: int = cast("Any", successor.tables["counts"])["records"]
    return counted


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 sends before it commits, each alone"
)
async def test_faust_sends_one_output_for_each_record_though_it_is_killed() -> None:
    log = Log({TP: [RECORD] * 3})
    await kill_before_the_commit(log)
    assert len(log.sent["output"]) == 4


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="Faust 0.15.3 keeps what it counted twice"
)
async def test_faust_counts_each_record_once_in_a_table_though_it_is_killed() -> None:
    log = Log({TP: [RECORD] * 3})
    assert await kill_before_the_commit(log) == 4


async def test_ours_writes_and_counts_each_record_once_though_it_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log({TP: [RECORD] * 3})
    ledger = ledgers_for(log, end=4)[0]
    async with running(our_app(monkeypatch, {0: ledger}), log):
        await until(lambda: ledger.row and ledger.row.upto == 2)
    log.values[TP].append(RECORD)
    async with running(our_app(monkeypatch, {0: ledger}), log):
        await until(lambda: ledger.row and ledger.row.upto == 3)
    assert ledger.committed == [3, 1]
    assert ledger.row is not None
    assert sum(ledger.row.outcomes.values()) == 4
