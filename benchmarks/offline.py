"""Without a broker: parse and check beside bare pydantic, and `ipg12 check` on files."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import monotonic, process_time, sleep
from typing import Annotated, Final

import typer

from benchmarks.loads import Load
from benchmarks.processes import Running, module
from benchmarks.report import Cells, publish
from schemas.episode import Episode
from streams.validation.check import judge_in_scope

SAMPLE_RECORDS: Final = 5_000
"""Records in a round of what is measured in this process."""

FEW_LINES: Final = 100_000
JOBS: Final = 2
LOOK_SECONDS: Final = 0.01
MEBIBYTE: Final = 1_048_576
CHECK: Final = module("streams.cli", "check")
OURS: Final = "`ipg12 check`"
THEIRS: Final = "`json.loads`"
PLAIN_JSON: Final = module("benchmarks.peers.plain_json")


def main(
    records: Annotated[int, typer.Option(min=1_000)] = 400_000,
    lines: Annotated[int, typer.Option(min=FEW_LINES)] = 5_000_000,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
) -> None:
    """Measure parse and check in this process, and the command's speed and memory."""
    tables: dict[str, Cells] = {
        "Parse and check, CPU µs a record": _judging(rounds),
        "`ipg12 check` on a file": _command(records, rounds),
        f"Peak memory of `ipg12 check --jobs {JOBS}`": _memory(lines),
    }
    conditions = (
        f"`python -m benchmarks offline --records {records} --lines {lines} --rounds {rounds}`: "
        f"medians of {rounds} rounds, contenders in turn; ratios are medians of each round's; "
        f"the file has {records} records of the national load."
    )
    publish("offline", conditions, tables)


def _judging(rounds: int) -> Cells:
    table: list[Sequence[str]] = [("", "pydantic alone", "parse and check", "ratio")]
    for load in Load:
        values = list(load.values(SAMPLE_RECORDS))
        bare, whole = [], []
        for _ in range(rounds):
            bare.append(_cpu_microseconds(Episode.model_validate_json, values))
            whole.append(_cpu_microseconds(judge_in_scope, values))
        cells = f"{median(bare):.1f}", f"{median(whole):.1f}", f"{_ratio(whole, bare):.2f}"
        table.append((f"{load} load", *cells))
    return table


def _cpu_microseconds(work: Callable[[bytes], object], values: Sequence[bytes]) -> float:
    """Measure work on each value; per value."""
    began = process_time()
    for value in values:
        work(value)
    return (process_time() - began) / len(values) * 1e6


def _command(records: int, rounds: int) -> Cells:
    rates: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "episodes.jsonl")
        with path.open("wb") as file:
            file.writelines(value + b"\n" for value in Load.NATIONAL.values(records))
        for _ in range(rounds):
            for jobs in (1, JOBS):
                check = [*CHECK, "--jobs", str(jobs), str(path)]
                plain = [*PLAIN_JSON, str(path), str(jobs)]
                for name, command in ((OURS, check), (THEIRS, plain)):
                    rates.setdefault((name, jobs), []).append(records / _seconds(command))
    table: list[Sequence[str]] = [
        ("", "processes", "records/s", "of one process", "of `json.loads`")
    ]
    for (name, jobs), mine in rates.items():
        ratios = _ratio(mine, rates[name, 1]), _ratio(mine, rates[THEIRS, jobs])
        table.append((name, str(jobs), f"{median(mine):,.0f}", *(f"{each:.2f}" for each in ratios)))
    return table


def _seconds(command: Sequence[str]) -> float:
    """Run a command to its end."""
    with Running(command) as runs:
        runs.process.wait()
        return monotonic() - runs.began


def _memory(lines: int) -> Cells:
    pool = [value + b"\n" for _, value in Load.NATIONAL.pool()]
    table: list[Sequence[str]] = [("lines", "first process, MiB", "largest other, MiB", "all, MiB")]
    few, many = (_peaks(count, pool) for count in (FEW_LINES, lines))
    for count, peaks in ((FEW_LINES, few), (lines, many)):
        table.append((f"{count:,}", *(f"{peak / MEBIBYTE:.1f}" for peak in peaks)))
    growth = [f"{after / before:.3f}" for before, after in zip(few, many, strict=True)]
    return [*table, ("ratio", *growth)]


def _peaks(lines: int, pool: Sequence[bytes]) -> tuple[int, int, int]:
    """Let the command read lines of a pool over and over, and give its peaks in bytes.

    Of its first process, of the largest of the others, and all of them together.
    """
    command = [*CHECK, "--jobs", str(JOBS)]
    peaks: dict[int, int] = {}
    with Running(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as runs:
        pipe = runs.process.stdin
        if pipe is None:
            message = "a pipe was asked for"
            raise TypeError(message)
        whole = b"".join(pool)
        with pipe:
            for _ in range(lines // len(pool)):
                pipe.write(whole)
                peaks |= runs.peak_bytes()
        while runs.process.poll() is None:
            peaks |= runs.peak_bytes()
            sleep(LOOK_SECONDS)
    first = peaks.pop(runs.process.pid)
    return first, max(peaks.values()), first + sum(peaks.values())


def _ratio(these: Sequence[float], those: Sequence[float]) -> float:
    return median(this / that for this, that in zip(these, those, strict=True))
