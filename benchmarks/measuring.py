"""Letting a contender do a backlog on a real Kafka, and taking its time."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Final

from benchmarks.contenders import Contender
from benchmarks.loads import Backlog
from benchmarks.processes import ProcessError, Running
from benchmarks.progress import LOOK_SECONDS, Progress, joined, wait
from benchmarks.stage import Stage

START_SECONDS: Final = 90.0
STALL_SECONDS: Final = 15.0
"""After so long without progress nothing more is expected of a contender."""

DEADLINE_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class Measure:
    """What one run of one contender took, and what it wrote."""

    records: int
    records_per_second: float
    cpu_microseconds_per_record: float
    differences: str
    """Where the outputs hold other numbers of records than they should; empty if nowhere."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was seen at one moment."""

    done: int
    at: float
    cpu: float


def measure(stage: Stage, contender: Contender, backlog: Backlog) -> Measure:
    """Run a contender over a backlog; timed from when it is warm and may read on, to the last."""
    command = contender.command()
    release = stage.publish_held(backlog)
    progress = contender.progress(stage)
    rows = progress.rows(backlog)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(Running(command, stage.environment()))
            for _ in range(contender.processes)
        ]
        wait(progress, progress.rows(backlog.warm_up()), processes[0], START_SECONDS)
        _wait_for_all(stage, processes)
        began = _read(progress, processes)
        release()
        ended = _last(progress, rows, processes, began)
    done = (ended.done - began.done) / rows * len(backlog)
    if done <= 0:
        message = "nothing was left to do after the warm-up, or nothing came of it"
        raise ProcessError(message)
    return Measure(
        len(backlog),
        done / (ended.at - began.at),
        (ended.cpu - began.cpu) / done * 1e6,
        _differences(stage, backlog),
    )


def _wait_for_all(stage: Stage, processes: Sequence[Running]) -> None:
    """Wait until each of several processes has its share of the partitions."""
    deadline = monotonic() + START_SECONDS
    while len(processes) > 1 and not joined(stage, len(processes)):
        for process in processes:
            process.expect_running()
        if monotonic() > deadline:
            processes[-1].fail(f"not all of them at work in {START_SECONDS:.0f} s")
        sleep(LOOK_SECONDS)


def _last(progress: Progress, rows: int, processes: Sequence[Running], began: _Reading) -> _Reading:
    """Wait until all is done, or nothing more comes; gives the last progress that there was."""
    last = began
    while last.done < rows and monotonic() < last.at + STALL_SECONDS:
        for process in processes:
            process.expect_running()
        sleep(LOOK_SECONDS)
        if (reading := _read(progress, processes)).done > last.done:
            last = reading
        if last.at > began.at + DEADLINE_SECONDS:
            processes[0].fail(f"{last.done / rows:.0%} done in {DEADLINE_SECONDS:.0f} s")
    return last


def _read(progress: Progress, processes: Sequence[Running]) -> _Reading:
    """Ask how much is done; the answer holds for some moment between question and answer."""
    asked, cpu_asked = monotonic(), _cpu_seconds(processes)
    done = progress.done()
    answered, cpu_answered = monotonic(), _cpu_seconds(processes)
    return _Reading(done, (asked + answered) / 2, (cpu_asked + cpu_answered) / 2)


def _cpu_seconds(processes: Sequence[Running]) -> float:
    return sum(process.cpu_seconds() for process in processes)


def _differences(stage: Stage, backlog: Backlog) -> str:
    expected = backlog.expected(stage.topics)
    found = stage.written()
    return ", ".join(
        f"{topic.removeprefix(stage.prefix)} {found[topic]:,} of {expected[topic]:,}"
        for topic in sorted(expected | found)
        if found[topic] != expected[topic]
    )
