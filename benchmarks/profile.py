"""Where the time goes: processor time a record of each stage of its journey.

All stages but the last run in this process and without a broker. The last is what a whole worker
takes beside them: sockets, event loop, transactions.
"""

import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Annotated, Final, cast

import typer
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from broker.kafka import Cluster
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from benchmarks.contenders import WORKER
from benchmarks.loads import Backlog, Load
from benchmarks.measuring import measure
from benchmarks.report import Cells, publish
from benchmarks.stage import Stage
from schemas.verdict import Verdict
from streams.engine.chunks import Chunk, chunk_scheduler, regrouped
from streams.engine.producer import BATCH_BYTES
from streams.engine.transaction_writer import pack
from streams.records import Record, Row
from streams.runtime.faust_process import GARBAGE_OBJECTS
from streams.settings import Settings
from streams.validation.check import OutOfScopeEpisode, judge_in_scope
from streams.validation.chunk_output import judge_chunk
from streams.validation.routing import Routing

LOADS: Final = (Load.NATIONAL, Load.HEAVY)
SOURCE: Final = TP("ipg12.episodes", 0)
REST: Final = "sockets, event loop, transactions"

Stages = dict[str, float]
"""Microseconds of processor time a record, by stage."""


def main(
    records: Annotated[int, typer.Option(min=10_000)] = 200_000,
    rounds: Annotated[int, typer.Option(min=1)] = 25,
) -> None:
    """Measure each stage on both loads, and a whole worker on a real Kafka; print them."""
    gc.set_threshold(*GARBAGE_OBJECTS)
    found: dict[Load, Stages] = {}
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
        for load in LOADS:
            backlog = Backlog.of(load, records)
            whole = measure(Stage(cluster.address, f"{load}."), WORKER, backlog)
            stages = in_process(load, rounds)
            rest = whole.cpu_microseconds_per_record - sum(stages.values())
            found[load] = {**stages, REST: rest}
    conditions = (
        f"`python -m benchmarks profile --records {records} --rounds {rounds}`: processor time, "
        f"median of {rounds} rounds; the last stage is the rest of what a whole worker takes."
    )
    publish("profile", conditions, {"CPU µs a record": _table(found)})


def in_process(load: Load, rounds: int) -> Stages:
    """Measure the stages that need no broker; medians, each stage in turn."""
    settings = Settings()
    size = settings.chunk_records
    routing = Routing(SOURCE.topic, SOURCE.partition, settings.group)
    fetched = _as_fetched(list(load.values(size)))
    records = _unpack(fetched)
    values = [cast("bytes", record.value) for record in records]
    verdicts = [judge_in_scope(value) for value in values]
    output = judge_chunk(records, routing)
    rows = [row for copies in output.copies.values() for row in copies] + output.verdicts
    scheduler = chunk_scheduler(lambda: 0)
    work: dict[str, Callable[[], object]] = {
        "fetch": lambda: _unpack(fetched),
        "chunk": lambda: list(regrouped(_chunks(scheduler, records), size)),
        "parse and check": lambda: [judge_in_scope(value) for value in values],
        "headers and answers": lambda: _address(routing, records, verdicts),
        "chunk output": lambda: judge_chunk(records, routing),
        "batch": lambda: [batch._build() for batch in pack(rows, _new_batch)],  # noqa: SLF001
    }
    found = [_round(work, size) for _ in range(rounds)]
    return {stage: median(each[stage] for each in found) for stage in work}


def _round(work: Mapping[str, Callable[[], object]], records: int) -> Stages:
    """Do every stage once; the chunk output is what it takes beside the stages that it contains."""
    taken = {}
    for stage, do in work.items():
        began = process_time()
        do()
        taken[stage] = (process_time() - began) / records * 1e6
    taken["chunk output"] -= sum(taken[each] for each in ("parse and check", "headers and answers"))
    return taken


_new_batch = partial(
    BatchBuilder, batch_size=BATCH_BYTES, compression_type=0, is_transactional=True
)


def _as_fetched(values: Sequence[bytes]) -> bytes:
    """Write values as a broker hands them over, in one batch."""
    rows = [Row(b"R0A", value, 1_767_225_600_000, []) for value in values]
    (batch,) = pack(rows, partial(_new_batch, batch_size=sum(map(len, values)) * 2))
    return bytes(batch._build())  # noqa: SLF001


def _unpack(data: bytes) -> list[Record]:
    """Read what a broker hands over, as aiokafka's consumer does."""
    memory = MemoryRecords(data)
    return list(PartitionRecords(SOURCE, memory, [], 0, None, None, True, READ_COMMITTED))  # noqa: FBT003


def _chunks(scheduler: type[DefaultSchedulingStrategy], records: list[Record]) -> Iterator[Chunk]:
    for _, record in scheduler().iterate({SOURCE: records}):
        yield record.value


def _address(
    routing: Routing, records: Sequence[Record], verdicts: Sequence[Verdict | OutOfScopeEpisode]
) -> None:
    for record, verdict in zip(records, verdicts, strict=True):
        if isinstance(verdict, OutOfScopeEpisode):
            routing.out_of_scope(verdict.unreadable, record.offset, record.headers)
        else:
            routing.headers(verdict, record.offset, record.headers)
            routing.verdict(verdict, record.offset)
            routing.verdict_headers(verdict.outcome, record.offset, record.headers)


def _table(found: dict[Load, Stages]) -> Cells:
    stages = next(iter(found.values()))
    return [
        ("", *found),
        *((stage, *(f"{each[stage]:.1f}" for each in found.values())) for stage in stages),
        ("whole worker", *(f"{sum(each.values()):.1f}" for each in found.values())),
    ]
