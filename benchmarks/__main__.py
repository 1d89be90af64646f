"""Measure the worker beside a hand-written librdkafka loop, on a real Kafka, in one run."""

import os
import platform
import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from broker.kafka import Cluster
from rich.console import Console
from rich.table import Table

from benchmarks.contenders import CONTENDERS, LOOP
from benchmarks.loads import Load
from benchmarks.measuring import Measure, measure, publish


def main(
    records: Annotated[int, typer.Option(min=10_000)] = 200_000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    partitions: Annotated[int, typer.Option(min=1)] = 16,
) -> None:
    """Publish a load, let each contender do it, and print medians side by side."""
    console = Console(width=112)
    console.print(
        f"{records} records, {partitions} partitions, median of {rounds}; {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, one broker on the same machine"
    )
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
        for load in Load:
            measures: dict[str, list[Measure]] = {each.name: [] for each in CONTENDERS}
            for number in range(rounds):
                for contender in CONTENDERS:
                    prefix = f"{load}-{number}-{contender.name.split()[0]}."
                    publish(cluster.address, prefix, load, records, partitions)
                    measures[contender.name].append(
                        measure(cluster.address, prefix, contender, records)
                    )
            console.print(_table(load, measures))


def _table(load: Load, measures: dict[str, list[Measure]]) -> Table:
    table = Table(title=f"{load} load")
    for heading in ("", "records/s", "CPU µs a record", "guarantee", "of the loop's records/s"):
        table.add_column(heading, justify="left" if heading in {"", "guarantee"} else "right")
    for contender in CONTENDERS:
        rates = [each.records_per_second for each in measures[contender.name]]
        ratios = [
            mine.records_per_second / theirs.records_per_second
            for mine, theirs in zip(measures[contender.name], measures[LOOP.name], strict=True)
        ]
        cpu = median(each.cpu_microseconds_per_record for each in measures[contender.name])
        table.add_row(
            contender.name,
            f"{median(rates):,.0f}",
            f"{cpu:.1f}",
            contender.guarantee,
            f"{median(ratios):.2f}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
