"""Which records of files are published, and what is said of the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Rejection, Remark
from streams.cli.reading.chunk import Chunk, read_content
from streams.cli.reading.partial import Oversized
from streams.cli.showing.terminal import visible
from streams.validation.conversion import to_native
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields

LARGEST_BYTES: Final = 64 * 1_048_576
"""Largest record that is published by force."""

FAULTS: Final = 3
"""Number of faults, or remarks, that are named of a record."""

NAMED: Final = 20
"""Number of records that are named."""


class Named:
    """Writes a line on each of the first records, and counts all."""

    def __init__(self, write: Callable[[str], None], what: str) -> None:
        """Set what the records have in common, for the last line."""
        self.count = 0
        self._write = write
        self._what = what

    def add(self, line: str) -> None:
        """Write a line, if it is one of the first."""
        self.count += 1
        if self.count <= NAMED:
            self._write(visible(line))

    def finish(self) -> None:
        """Write how many records were not named."""
        if self.count > NAMED:
            self._write(f"and {self.count - NAMED:,} more {self._what}")


@dataclass(frozen=True, slots=True)
class Publishable:
    """A record to publish, with its identity."""

    value: bytes
    read: Episode | Withdrawal | Rejection


def publishable(
    chunks: Iterable[Chunk],
    max_bytes: int,
    *,
    force: bool,
    on_refused: Callable[[str], None],
    on_left_out: Callable[[str], None],
    hl7: Hl7Fields = HL7_FIELDS,
) -> Iterator[Publishable]:
    """Yield the records to publish; call `on_refused` with a line on each of the others.

    `on_left_out` is called with a line on each of which something cannot be read.
    These are what would be a dead letter, unless by force, and what was too large to be kept.
    Rows of delimited text are published as native episodes, all else as it came.
    """
    for chunk in chunks:
        unpacked = chunk.unpack()
        for index, value in enumerate(unpacked.values):
            limit = LARGEST_BYTES if force and isinstance(value, Oversized) else max_bytes
            read = read_content(value, limit, hl7)
            if isinstance(read, Episode) and read.remarks:
                on_left_out(left_out(unpacked.where(index), read.remarks))
            if isinstance(value, bytes) and (force or not isinstance(read, Rejection)):
                yield Publishable(value, read)
            elif isinstance(read, Rejection):
                on_refused(refusal(unpacked.where(index), "not published", read))
            else:
                yield Publishable(to_native(read), read)


def left_out(where: str, remarks: Sequence[Remark]) -> str:
    """Return one line on what is left out of an episode."""
    return f"{where}: " + "; ".join(f"{each.place} {each.message}" for each in remarks[:FAULTS])


def refusal(where: str, outcome: str, rejection: Rejection) -> str:
    """Return one line on a record that cannot be read."""
    faults = "; ".join(f"{fault.place} {fault.message}" for fault in rejection.errors[:FAULTS])
    hint = f"; {rejection.hint}" if rejection.hint else ""
    return f"{where}: {outcome}: {rejection.reason}: {faults}{hint}"
