"""Which records of files are published, and what is said of the others."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Rejection
from streams.cli.reading.chunk import Chunk, read_content
from streams.cli.reading.partial import Oversized
from streams.validation.conversion import to_native
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields

LARGEST_BYTES: Final = 64 * 1_048_576
"""Largest record that is published by force."""

FAULTS: Final = 3
"""Number of faults that are named of a record."""


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
    hl7: Hl7Fields = HL7_FIELDS,
) -> Iterator[Publishable]:
    """Yield the records to publish; call `on_refused` with a line on each of the others.

    These are what would be a dead letter, unless by force, and what was too large to be kept.
    Rows of delimited text are published as native episodes, all else as it came.
    """
    for chunk in chunks:
        unpacked = chunk.unpack()
        for index, value in enumerate(unpacked.values):
            limit = LARGEST_BYTES if force and isinstance(value, Oversized) else max_bytes
            read = read_content(value, limit, hl7)
            if isinstance(value, bytes) and (force or not isinstance(read, Rejection)):
                yield Publishable(value, read)
            elif isinstance(read, Rejection):
                on_refused(refusal(unpacked.where(index), "not published", read))
            else:
                yield Publishable(to_native(read), read)


def refusal(where: str, outcome: str, rejection: Rejection) -> str:
    """Return one line on a record that cannot be read."""
    faults = "; ".join(f"{fault.place} {fault.message}" for fault in rejection.errors[:FAULTS])
    hint = f"; {rejection.hint}" if rejection.hint else ""
    return f"{where}: {outcome}: {rejection.reason}: {faults}{hint}"
