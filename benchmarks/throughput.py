"""Measure the worker beside other ways of doing its work, on a real Kafka, in one run."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Final

import typer
from broker.kafka import Cluster
from confluent_kafka import KafkaException

from benchmarks.contenders import CONTENDERS, LOOP, Contender
from benchmarks.environments import BuildError
from benchmarks.loads import Backlog, Load
from benchmarks.measuring import Measure, measure
from benchmarks.processes import ProcessError
from benchmarks.report import Cells, publish
from benchmarks.stage import PARTITIONS, Stage
from streams.errors import OperatorError

LEAST_RECORDS: Final = 5_000
BROKER: Final = {
    # As brokers have it by default: processes that start together share their first work.
    "group.initial.rebalance.delay.ms": 3_000,
    "log.segment.delete.delay.ms": 1_000,
}
HEADINGS: Final = (
    "",
    "records",
    "records/s",
    "CPU µs a record",
    "of the loop's records/s",
    "guarantee",
    "written",
    "otherwise",
)

NOTHING: Final = "-"

Round = dict[str, Measure | str]
"""What was measured of each contender in one round, or why nothing was."""


def main(
    records: Annotated[int, typer.Option(min=10_000, help="Of the national load.")] = 500_000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    partitions: Annotated[int, typer.Option(min=1)] = PARTITIONS,
    load: Annotated[list[Load] | None, typer.Option(help="Which; all, unless named.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Name of a contender; then nothing is kept in the README."),
    ] = None,
) -> None:
    """Publish each load again and again, let each contender do it, and print medians."""
    chosen = [each for each in CONTENDERS if not only or each.name in only]
    if not chosen:
        message = f"choose of: {', '.join(each.name for each in CONTENDERS)}"
        raise typer.BadParameter(message, param_hint="--only")
    tables: dict[str, Cells] = {}
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder), properties=BROKER) as kafka:
        for each in load or Load:
            backlog = Backlog.of(each, max(LEAST_RECORDS, round(records * each.share)))
            found = [
                _round(kafka.address, f"{each}-{number}", backlog, chosen, partitions)
                for number in range(rounds)
            ]
            tables[each.heading] = _table(chosen, found)
    chosen_loads = "".join(f" --load {each}" for each in load or ())
    conditions = (
        f"`python -m benchmarks throughput --records {records} --rounds {rounds}{chosen_loads}`: "
        f"{partitions} partitions, median of {rounds} rounds."
    )
    publish("throughput", conditions, tables, whole=not only)


def _round(
    brokers: str, name: str, backlog: Backlog, chosen: Sequence[Contender], partitions: int
) -> Round:
    """Let each contender do a backlog, or as much of it as is its share."""
    found: Round = {}
    for place, contender in enumerate(chosen):
        stage = Stage(brokers, f"{name}-{place}.", partitions)
        part = backlog.first(max(LEAST_RECORDS, round(len(backlog) * contender.share)))
        try:
            done: Measure | str = measure(stage, contender, part)
            stage.remove()
        except BuildError as error:
            done = _failed(error, "could not be built")
        except (ProcessError, KafkaException, TimeoutError, OperatorError) as error:
            done = _failed(error, "did not do it")
        typer.echo(f"{name} {contender.name}: {done}", err=True)
        found[contender.name] = done
    return found


def _failed(error: Exception, how: str) -> str:
    """Say what went wrong on standard error alone: it may name paths and hosts of this machine."""
    typer.echo(str(error), err=True)
    return how


def _table(chosen: Sequence[Contender], rounds: Sequence[Round]) -> Cells:
    return [HEADINGS, *(_row(contender, rounds) for contender in chosen)]


def _row(contender: Contender, rounds: Sequence[Round]) -> Sequence[str]:
    found = [each[contender.name] for each in rounds]
    measures = [each for each in found if isinstance(each, Measure)]
    failures = [each for each in found if isinstance(each, str)]
    failed = f"failed in {len(failures)} of {len(rounds)}: {failures[0]}" if failures else ""
    otherwise = "; ".join(filter(None, [contender.cannot, failed]))
    if not measures:
        return (contender.name, *[NOTHING] * 4, contender.guarantee, NOTHING, otherwise)
    return (
        contender.name,
        f"{measures[0].records:,}",
        f"{median(each.records_per_second for each in measures):,.0f}",
        f"{median(each.cpu_microseconds_per_record for each in measures):.1f}",
        _ratio(contender, rounds),
        contender.guarantee,
        next((each.differences for each in measures if each.differences), "all"),
        otherwise,
    )


def _ratio(contender: Contender, rounds: Sequence[Round]) -> str:
    """Compare with the loop, round by round."""
    ratios = []
    for each in rounds:
        mine, loops = each[contender.name], each.get(LOOP.name)
        if isinstance(mine, Measure) and isinstance(loops, Measure):
            ratios.append(mine.records_per_second / loops.records_per_second)
    return f"{median(ratios):.2f}" if ratios else NOTHING
