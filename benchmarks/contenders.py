"""Who does the work: the worker, and what it is measured against."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Contender:
    """A way of doing the same work."""

    name: str
    guarantee: str
    command: Callable[[int], list[str]]


WORKER: Final = Contender(
    "ipg12 worker",
    "exactly once, counters exact",
    lambda _: [str(Path(sys.executable).with_name("ipg12")), "worker"],
)
LOOP: Final = Contender(
    "hand-written librdkafka loop",
    "at least once",
    lambda records: [sys.executable, "-m", "benchmarks.loop", str(records)],
)
CONTENDERS: Final = (WORKER, LOOP)
