"""How long a record takes while there is little to do, and what a worker takes with nothing."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from subprocess import PIPE
from time import sleep
from typing import Annotated, Final

import typer
from broker.kafka import Cluster

from benchmarks.arrivals import Seen
from benchmarks.contenders import FAUST_AGENT, LOOP, WORKER, Contender
from benchmarks.processes import Running, module
from benchmarks.report import Cells, publish
from benchmarks.stage import PARTITIONS, Stage

SETTLE_SECONDS: Final = 10.0
"""How long a worker has been without records when it counts as idle."""


def main(
    rate: Annotated[float, typer.Option(min=1, help="Records a second.")] = 4_000,
    low_rate: Annotated[
        float, typer.Option(min=1, help="The same for a Faust agent, which does fewer.")
    ] = 300,
    seconds: Annotated[float, typer.Option(min=1)] = 30,
    warm_up: Annotated[float, typer.Option(min=1, help="Seconds from the first copy on.")] = 60,
    idle_seconds: Annotated[float, typer.Option(min=1)] = 20,
    partitions: Annotated[int, typer.Option(min=1)] = PARTITIONS,
) -> None:
    """Measure each contender at its rate, then a worker that has nothing to do."""
    contenders = ((WORKER, rate), (LOOP, rate), (FAUST_AGENT, rate), (FAUST_AGENT, low_rate))
    table: list[Sequence[str]] = [
        ("", "records/s in", "records/s out", "p50 ms", "p99 ms", "most ms")
    ]
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
        stages = [
            Stage(cluster.address, f"latency-{number}.", partitions)
            for number in range(len(contenders))
        ]
        for stage, (contender, paced) in zip(stages, contenders, strict=True):
            stage.create()
            seen = _delays(stage, contender, paced, warm_up, seconds)
            table.append((contender.name, f"{paced:,.0f}", *_cells(seen)))
        idle = _idle_percent(stages[0], idle_seconds)
    tables: dict[str, Cells] = {
        "From timestamp to committed copy": table,
        "Idle": [("", "% of a core"), ("ipg12 worker without records", f"{idle:.1f}")],
    }
    conditions = (
        f"`python -m benchmarks latency --rate {rate:g} --low-rate {low_rate:g}`: national "
        f"load in {partitions} partitions, {seconds:g} seconds after {warm_up:g} of warming up; "
        f"idle over {idle_seconds:g} seconds."
    )
    publish("latency", conditions, tables)


def _delays(
    stage: Stage, contender: Contender, rate: float, warm_up_seconds: float, seconds: float
) -> Seen:
    """Let a contender do what comes in, and give what a reader of its copies has seen."""
    pacing = module("benchmarks.pacing", stage.brokers, stage.topics.episodes, str(rate))
    looking = (stage.brokers, stage.prefix, str(warm_up_seconds), str(seconds))
    with (
        Running(contender.command(), stage.environment()) as does,
        Running(pacing) as publishes,
        Running(module("benchmarks.arrivals", *looking), stdout=PIPE) as sees,
    ):
        said, _ = sees.process.communicate()
        does.expect_running()
        publishes.expect_running()
        if sees.process.returncode:
            sees.fail("nothing was seen")
    return Seen(**json.loads(said))


def _idle_percent(stage: Stage, seconds: float) -> float:
    """Start a worker that finds everything done, and give what it takes of a core."""
    with Running(WORKER.command(), stage.environment()) as worker:
        sleep(SETTLE_SECONDS)
        began = worker.cpu_seconds()
        sleep(seconds)
        worker.expect_running()
        return (worker.cpu_seconds() - began) / seconds * 100


def _cells(seen: Seen) -> Sequence[str]:
    milliseconds = (f"{each:,.0f}" for each in (seen.median, seen.p99, seen.most))
    return f"{seen.records_per_second:,.0f}", *milliseconds
