"""Seconds from the start of a worker to its first commit: cold, after a kill, with a history."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle, islice, pairwise
from pathlib import Path
from statistics import median
from time import sleep
from typing import Annotated, Final

import typer
from broker.kafka import Cluster
from confluent_kafka import Producer

from benchmarks.contenders import WORKER
from benchmarks.loads import Backlog, Load
from benchmarks.milestones import Milestone
from benchmarks.processes import Running, module
from benchmarks.progress import Commits, wait
from benchmarks.report import Cells, publish
from benchmarks.stage import PARTITIONS, Stage
from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.engine.app import SESSION_SECONDS

FEW_ROWS: Final = 10
SETTLE_SECONDS: Final = 1.0
"""How long what a killed worker has sent may take to come into effect."""

EXPIRY_SECONDS: Final = SESSION_SECONDS + 2.0
"""How long after a kill the dead member surely counts no more."""

DEADLINE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Step:
    """What it took from one milestone to the next."""

    seconds: float
    cpu_seconds: float


def main(
    records: Annotated[int, typer.Option(min=10_000, help="In each backlog.")] = 100_000,
    ledger_rows: Annotated[int, typer.Option(min=FEW_ROWS)] = 1_000_000,
    partitions: Annotated[int, typer.Option(min=1)] = PARTITIONS,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Start a worker over and over, and print medians."""
    seconds: dict[str, list[float]] = {}
    steps: list[dict[Milestone, Step]] = []
    backlog = Backlog.of(Load.NATIONAL, records)
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
        numbers = count()

        def stage() -> Stage:
            new = Stage(cluster.address, f"start-{next(numbers)}.", partitions)
            new.publish(backlog)
            return new

        starts: dict[str, Callable[[], float]] = {
            "cold: a new group": lambda: _start(stage()),
            "killed, the dead member's session still open": lambda: _restart(
                stage(), SETTLE_SECONDS
            ),
            "killed, the dead member's session over": lambda: _restart(stage(), EXPIRY_SECONDS),
        }
        for rows in (FEW_ROWS, ledger_rows):
            starts[f"a ledger of {rows:,} rows"] = partial(_start_with_history, stage, rows)
        for _ in range(rounds):
            for name, start in starts.items():
                seconds.setdefault(name, []).append(start())
            steps.append(_steps(stage()))
    conditions = (
        f"`python -m benchmarks start --records {records} --ledger-rows {ledger_rows}`: a backlog "
        f"of {records} records in {partitions} partitions; medians of {rounds} rounds."
    )
    tables: dict[str, Cells] = {
        "Start of the process to first commit": [
            ("", "seconds"),
            *((name, f"{median(taken):.2f}") for name, taken in seconds.items()),
        ],
        "A cold start, step by step": [
            ("", "seconds", "of processor time"),
            *(
                (
                    milestone,
                    f"{median(each[milestone].seconds for each in steps):.2f}",
                    f"{median(each[milestone].cpu_seconds for each in steps):.2f}",
                )
                for milestone in Milestone
            ),
        ],
    }
    publish("start", conditions, tables)


def _start(stage: Stage) -> float:
    """Start a worker on what is there, and stop it after its first commit."""
    commits = Commits(stage)
    before = commits.done()
    with Running(WORKER.command(), stage.environment()) as worker:
        _, when = wait(commits, before + 1, worker, DEADLINE_SECONDS)
        return when - worker.began


def _restart(stage: Stage, pause_seconds: float) -> float:
    """Kill a worker in the middle of a backlog, and after a pause start another."""
    commits = Commits(stage)
    with Running(WORKER.command(), stage.environment()) as worker:
        wait(commits, 1, worker, DEADLINE_SECONDS)
        worker.kill()
    sleep(pause_seconds)
    return _start(stage)


def _start_with_history(new_stage: Callable[[], Stage], rows: int) -> float:
    """Start a worker whose ledger says so many times that first records are done."""
    stage = new_stage()
    row = LedgerRow(upto=0, outcomes={Outcome.OUT_OF_SCOPE: 1}, rules={}).model_dump_json()
    producer = Producer(
        {"bootstrap.servers": stage.brokers, "linger.ms": 20, "queue.buffering.max.messages": rows}
    )
    for number in islice(cycle(range(stage.partitions)), rows):
        producer.produce(stage.topics.ledger, row, f"{stage.topics.episodes}/{number}", number)
    producer.flush()
    return _start(stage)


def _steps(stage: Stage) -> dict[Milestone, Step]:
    """Start a worker that says how far it has come; gives what each step took."""
    commits = Commits(stage)
    with Running(module("benchmarks.milestones"), stage.environment()) as worker:
        wait(commits, 1, worker, DEADLINE_SECONDS)
        worker.stop()
        lines = [line.split(maxsplit=2) for line in worker.said().splitlines()]
    known = {str(each) for each in Milestone}
    reached = {what: (float(when), float(cpu)) for when, cpu, what in lines if what in known}
    marks = [(worker.began, 0.0), *(reached[each] for each in Milestone)]
    return {
        milestone: Step(after - before, cpu_after - cpu_before)
        for milestone, ((before, cpu_before), (after, cpu_after)) in zip(
            Milestone, pairwise(marks), strict=True
        )
    }
