"""Measure the worker beside a hand-written librdkafka loop, on a real Kafka, in one run."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from broker.kafka import Cluster

from benchmarks.contenders import CONTENDERS, LOOP
from benchmarks.loads import Load
from benchmarks.measuring import Measure, measure, publish
from benchmarks.report import Cells
from benchmarks.report import publish as publish_report


def main(
    records: Annotated[int, typer.Option(min=10_000)] = 200_000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    partitions: Annotated[int, typer.Option(min=1)] = 16,
) -> None:
    """Publish a load, let each contender do it, and print medians side by side."""
    tables: dict[str, Cells] = {}
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
            tables[f"{load} load"] = _table(measures)
    conditions = (
        f"`python -m benchmarks throughput --records {records} --rounds {rounds}`: "
        f"{records} records in {partitions} partitions, median of {rounds} rounds."
    )
    publish_report("throughput", conditions, tables)


def _table(measures: dict[str, list[Measure]]) -> Cells:
    table = [("", "records/s", "CPU µs a record", "of the loop's records/s", "guarantee")]
    for contender in CONTENDERS:
        rates = [each.records_per_second for each in measures[contender.name]]
        ratios = [
            mine.records_per_second / theirs.records_per_second
            for mine, theirs in zip(measures[contender.name], measures[LOOP.name], strict=True)
        ]
        cpu = median(each.cpu_microseconds_per_record for each in measures[contender.name])
        cells = f"{median(rates):,.0f}", f"{cpu:.1f}", f"{median(ratios):.2f}"
        table.append((contender.name, *cells, contender.guarantee))
    return table
