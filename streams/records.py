"""Kafka records as ipg12 reads and writes them: keys and values are bytes, not decoded."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from streams.packed import Packed

NO_TIMESTAMP: Final = -1
"""Timestamp of a record whose publisher set none."""

Header = tuple[str, bytes | None]


class Record(Protocol):
    """A record read from Kafka."""

    @property
    def offset(self) -> int:
        """Offset in its partition."""

    @property
    def timestamp(self) -> int | None:
        """Milliseconds since 1970, -1 if the publisher set none; None before Kafka 0.10."""

    @property
    def key(self) -> bytes | Packed | None:
        """Key; None without one."""

    @property
    def value(self) -> bytes | Packed | None:
        """Value; None for a tombstone."""

    @property
    def headers(self) -> Sequence[Header]:
        """Headers in order."""


class Row(NamedTuple):
    """A record to write."""

    key: bytes | Packed | None
    value: bytes | Packed | None
    timestamp: int | None
    """Milliseconds since 1970; None for the time of writing."""
    headers: list[Header]


def copied_timestamp(record: Record) -> int | None:
    """Return the timestamp for a copy of a record; None, the time of writing, if it has none."""
    timestamp = record.timestamp
    return None if timestamp == NO_TIMESTAMP else timestamp
