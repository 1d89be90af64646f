"""Which records of files are published, and what is said of the others."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Rejection
from streams.cli.reading.partial import Oversized
from streams.cli.reading.records import Chunk
from streams.validation.reading import read_episode, too_large
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
    """
    for chunk in chunks:
        for index, value in enumerate(chunk.values):
            if isinstance(value, Oversized):
                rejection = too_large(value.size_bytes, LARGEST_BYTES if force else max_bytes)
                on_refused(_refusal(chunk.where(index), rejection))
                continue
            read = read_episode(value, max_bytes, hl7=hl7)
            if isinstance(read, Rejection) and not force:
                on_refused(_refusal(chunk.where(index), read))
            else:
                yield Publishable(value, read)


def _refusal(where: str, rejection: Rejection) -> str:
    faults = "; ".join(f"{fault.place} {fault.message}" for fault in rejection.errors[:FAULTS])
    hint = f"; {rejection.hint}" if rejection.hint else ""
    return f"{where}: not published: {rejection.reason}: {faults}{hint}"
