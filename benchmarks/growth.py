"""What grows with what: the check with an episode, the worker with partitions and backlog."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import process_time
from typing import Annotated, Final

import typer
from broker.kafka import Cluster

from benchmarks.contenders import WORKER
from benchmarks.loads import Backlog, Load
from benchmarks.processes import Running
from benchmarks.progress import Commits, wait
from benchmarks.report import Cells, publish
from benchmarks.stage import PARTITIONS, Stage
from schemas.episode import CodeEntry, Episode
from streams.validation.check import check
from streams.validation.rule import coded

RIGHT: Final = "V44.4 V55.1 Y53.4 Z66.5"
WRONG: Final = "V44.4 Y53.4 V55.1 Z66.5"
"""The same codes, one of them in the wrong place: one finding."""

FIRST_DAY: Final = date(2026, 1, 1)
GROUPS: Final = (1, 10, 50)
FINDINGS: Final = (0, 1, 5, 20)
CHECKS: Final = 2_000
"""Checks in a round."""

NUMBERS_OF_PARTITIONS: Final = (1, PARTITIONS, 128)
DEADLINE_SECONDS: Final = 1_800.0
SMALLEST_BACKLOG: Final = 10_000


def main(
    records: Annotated[int, typer.Option(min=10_000, help="In the partitions' backlog.")] = 200_000,
    most: Annotated[int, typer.Option(min=10_000, help="In the largest backlog.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Measure the check in this process, and the worker on a real Kafka."""
    tables: dict[str, Cells] = {
        "Check by procedures of an episode": _by_procedures(rounds),
        f"Check by findings, {max(FINDINGS) * len(RIGHT.split())} procedures": _by_findings(rounds),
    }
    backlogs = [SMALLEST_BACKLOG]
    while backlogs[-1] * 10 <= most:
        backlogs.append(backlogs[-1] * 10)
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
        numbers = count()

        def rates(partitions: int, backlog: int) -> list[str]:
            runs = [
                _run(Stage(cluster.address, f"growth-{next(numbers)}.", partitions), backlog)
                for _ in range(rounds)
            ]
            return [f"{median(column):,.0f}" for column in zip(*runs, strict=True)]

        heading = ("", "records/s", "records/s from the start of the process")
        tables[f"Worker by partitions, {records:,} records"] = [
            heading,
            *(
                (f"{number} partitions", *rates(number, records))
                for number in NUMBERS_OF_PARTITIONS
            ),
        ]
        tables[f"Worker by backlog, {PARTITIONS} partitions"] = [
            heading,
            *((f"{each:,} records", *rates(PARTITIONS, each)) for each in backlogs),
        ]
    conditions = (
        f"`python -m benchmarks growth --records {records} --most {most} --rounds {rounds}`: "
        f"medians of {rounds} rounds; the worker from its first commit to its last, on the "
        f"national load."
    )
    publish("growth", conditions, tables)


def _by_procedures(rounds: int) -> Cells:
    episodes = [_episode(groups, wrong) for groups in GROUPS for wrong in (0, groups)]
    taken = iter(_check_microseconds(episodes, rounds))
    table = [("procedures", "compliant, µs", "for each code", "non-compliant, µs", "for each code")]
    for groups, right, wrong in zip(GROUPS, taken, taken, strict=True):
        codes = groups * len(RIGHT.split())
        compliant = f"{right:.1f}", f"{right / codes:.2f}"
        table.append((str(codes), *compliant, f"{wrong:.1f}", f"{wrong / codes:.2f}"))
    return table


def _by_findings(rounds: int) -> Cells:
    episodes = [_episode(max(FINDINGS), wrong) for wrong in FINDINGS]
    taken = _check_microseconds(episodes, rounds)
    table = [("findings", "µs", "more than without, for each finding")]
    for episode, microseconds in zip(episodes, taken, strict=True):
        findings = len(check(episode).findings)
        each = f"{(microseconds - taken[0]) / findings:.2f}" if findings else ""
        table.append((str(findings), f"{microseconds:.1f}", each))
    return table


def _episode(groups: int, wrong: int) -> Episode:
    """Make an episode of so many vertebroplasties, the first ones of them wrong.

    Each is on a day of its own: on one day all but the first would be a finding.
    """
    procedures: list[CodeEntry] = []
    for number in range(groups):
        main, *codes = (WRONG if number < wrong else RIGHT).split()
        procedures += [{"code": main, "date": FIRST_DAY + timedelta(number)}, *codes]
    return coded("").model_copy(update={"procedures": procedures})


def _check_microseconds(episodes: Sequence[Episode], rounds: int) -> list[float]:
    """Measure the check of each episode, in turn; medians of processor time."""
    taken: list[list[float]] = [[] for _ in episodes]
    for _ in range(rounds):
        for episode, times in zip(episodes, taken, strict=True):
            began = process_time()
            for _ in range(CHECKS):
                check(episode)
            times.append((process_time() - began) / CHECKS * 1e6)
    return [median(times) for times in taken]


def _run(stage: Stage, records: int) -> tuple[float, float]:
    """Let a worker do a backlog; records/s after its first commit, and since it was started."""
    stage.publish(Backlog.of(Load.NATIONAL, records))
    commits = Commits(stage)
    with Running(WORKER.command(), stage.environment()) as worker:
        first_done, first = wait(commits, 1, worker, DEADLINE_SECONDS)
        done, last = wait(commits, records, worker, DEADLINE_SECONDS)
    stage.remove()
    after_first = (done - first_done) / (last - first) if done > first_done else float("nan")
    return after_first, done / (last - worker.began)
