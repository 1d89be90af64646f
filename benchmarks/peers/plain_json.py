"""Bare `json.loads` over the lines of a file, handed to processes as `ipg12 check` hands them."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from streams.cli.processes import in_order
from streams.cli.reading.records import CHUNK_RECORDS

PIECE_BYTES: Final = 262_144


def read(lines: list[bytes]) -> int:
    """Read lines; gives how many."""
    for line in lines:
        json.loads(line)
    return len(lines)


def run(path: Path, jobs: int) -> int:
    """Read a file in so many processes; gives how many lines it has."""
    with path.open("rb", buffering=PIECE_BYTES) as file:
        return sum(in_order(read, _chunks(file), jobs))


def _chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while chunk := list(islice(lines, CHUNK_RECORDS)):
        yield chunk


if __name__ == "__main__":
    sys.stdout.write(f"{run(Path(sys.argv[1]), int(sys.argv[2]))}\n")
