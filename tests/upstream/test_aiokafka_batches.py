"""What aiokafka makes of batches that brokers take."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka.record.memory_records import MemoryRecords
from broker.raw_batch import RawRecord, raw_batch

from streams.batches.parts import BatchParts

LARGE_MIB = 100
Reads = Callable[[bytes], Any]


def offsets(reads: Reads, *batches: bytes) -> list[int]:
    """Give the offsets of what was fetched."""
    fetched = reads(b"".join(batches))
    take_turn = getattr(fetched, "take_turn", bool)
    found = []
    while fetched.has_next() or take_turn():
        found += [record.offset for record in fetched.next_batch()]
    return found


NOT_UTF_8 = raw_batch([RawRecord(b"v", headers=[(b"gr\xf6\xdfe", b"")])])


@pytest.mark.xfail(
    strict=True, raises=UnicodeDecodeError, reason="aiokafka 0.14 takes names for UTF-8"
)
def test_aiokafka_reads_a_header_whose_name_is_not_utf_8() -> None:
    assert offsets(MemoryRecords, NOT_UTF_8) == [0]


def test_ours_reads_a_header_whose_name_is_not_utf_8() -> None:
    assert offsets(BatchParts, NOT_UTF_8) == [0]


OF_OTHERS = [
    raw_batch([RawRecord(b"v", offset=0), RawRecord(b"w", offset=5)]),
    raw_batch([RawRecord(b"x")], offset=2),
]


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 believes what a record says"
)
def test_aiokafka_gives_records_offsets_that_rise() -> None:
    assert offsets(MemoryRecords, *OF_OTHERS) == [0, 1, 2]


def test_ours_gives_records_offsets_that_rise() -> None:
    assert offsets(BatchParts, *OF_OTHERS) == [0, 1, 2]


PROGRAM = """
import re, sys
from pathlib import Path

from aiokafka.record.memory_records import MemoryRecords
from streams.batches.parts import BatchParts

def peak():
    return int(re.findall(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[0]) // 1024

_, reads, path = sys.argv
fetched = {"aiokafka": MemoryRecords, "ours": BatchParts}[reads](Path(path).read_bytes())
before = peak()
while fetched.has_next():
    assert [len(record.value) for record in fetched.next_batch()]
print(peak() - before)
"""


def grown_mib(reads: str, folder: Path) -> int:
    """Give by how much a process grows that reads a record of some kilobytes, and of LARGE_MIB."""
    path = folder / "batch"
    path.write_bytes(raw_batch([RawRecord(b" " * LARGE_MIB * 1_048_576)], "zstd"))
    command = [sys.executable, "-c", PROGRAM, reads, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="aiokafka 0.14 decompresses a batch whole"
)
def test_aiokafka_needs_no_more_memory_than_was_fetched(tmp_path: Path) -> None:
    assert grown_mib("aiokafka", tmp_path) < LARGE_MIB // 2


def test_ours_needs_no_more_memory_than_was_fetched(tmp_path: Path) -> None:
    assert grown_mib("ours", tmp_path) < LARGE_MIB // 2
