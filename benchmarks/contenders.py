"""Who does the work: the worker, and what it is measured against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.environments import PEERS, product_of, python_of
from benchmarks.processes import module
from benchmarks.progress import Commits, Outputs, Progress
from benchmarks.stage import Stage


@dataclass(frozen=True, slots=True)
class Contender:
    """A way of doing the same work."""

    name: str
    guarantee: str
    command: Callable[[], Sequence[str]]
    """Makes what has to be made before it can run, and says how to run it.

    It runs until SIGTERM, in an empty folder of its own, and is told by the environment where to
    work: see `Stage.environment`. Where it can, it reads committed records only, as what it is
    measured with lies in a transaction until it is warm.
    """

    cannot: str = ""
    """What of the work it leaves undone, or does otherwise."""

    progress: Callable[[Stage], Progress] = Commits
    processes: int = 1
    share: float = 1.0
    """Of a load's records: less for a slow one, or it would take an hour."""


def _own(peer: str, *arguments: str) -> Callable[[], Sequence[str]]:
    """Run a peer in the project's own environment."""
    return lambda: module(f"benchmarks.peers.{peer}", *arguments)


def _apart(peer: str, *arguments: str) -> Callable[[], Sequence[str]]:
    """Run a peer in an environment of its own."""
    return lambda: [python_of(peer), "-m", f"benchmarks.peers.{peer}", *arguments]


def _worker() -> Sequence[str]:
    return module("streams.cli", "worker")


def _kafka_streams() -> Sequence[str]:
    target = product_of("kafka_streams", ["mvn", "-q", "-B", "package"], "target")
    path = f"{target}/kafka-streams-peer.jar:{target}/libs/*"
    return ["java", "-Xmx512m", "-Djava.io.tmpdir=.", "-cp", path, "ipg12.Main"]


def _bento() -> Sequence[str]:
    program = product_of("bento", ["go", "build", "-o", "bento", "."], "bento")
    return [program, "-c", str(PEERS / "bento" / "config.yaml")]


WORKER: Final = Contender("ipg12 worker", "exactly once, counters exact", _worker)
LOOP: Final = Contender("librdkafka loop", "at least once", _own("librdkafka_loop"))
FAUST_AGENT: Final = Contender(
    "Faust agent", "at least once", _own("faust_agent"), progress=Outputs, share=0.05
)
CONTENDERS: Final = (
    WORKER,
    Contender("ipg12 worker, 2 processes", WORKER.guarantee, _worker, processes=2),
    LOOP,
    Contender("aiokafka loop", "at least once", _own("aiokafka_loop")),
    FAUST_AGENT,
    Contender(
        "Faust agent with a table",
        "at least once, counters too",
        _own("faust_agent", "--count"),
        progress=Outputs,
        share=0.05,
    ),
    Contender(
        "FastStream",
        "at least once",
        _apart("faststream"),
        "headers are text, no name twice, and it adds two of its own",
        share=0.2,
    ),
    Contender(
        "Bytewax",
        "at least once",
        _apart("bytewax"),
        "chooses the partition by the key; keeps its offsets to itself, not in a group",
        progress=Outputs,
    ),
    Contender(
        "Quix Streams, exactly once",
        "exactly once",
        _apart("quix", "exactly-once"),
        "chooses the partition by the key; takes pydantic up to 2.13",
        share=0.2,
    ),
    Contender(
        "Quix Streams",
        "at least once",
        _apart("quix", "at-least-once"),
        "chooses the partition by the key; takes pydantic up to 2.13",
        share=0.2,
    ),
    Contender(
        "Kafka Streams", "exactly once v2", _kafka_streams, "texts of expected and fix left out"
    ),
    Contender(
        "Bento",
        "at least once",
        _bento,
        "rules of severity error only, by JSON Schema and mapping; "
        "cannot keep timestamps nor null keys",
        progress=Outputs,
        share=0.2,
    ),
)
