"""What a partition needs of whoever does something with its records."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Protocol

from aiokafka.structs import TopicPartition

from streams.outbox import Record


class Work(Protocol):
    """What is done with records, each chunk of them in a transaction."""

    @property
    def gap(self) -> int:
        """Records read some time ago, less those that are accounted for."""

    @property
    def due(self) -> bool:
        """Whether something has to be done although no record came."""

    async def open(self) -> Mapping[TopicPartition, int]:
        """Fence the predecessor, then read how far it came: the next offset of each source.

        A source of which nothing is done yet is left out. Lets go of what was open before.
        """

    async def do(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Commit what comes of consecutive records. Raises Trouble."""

    async def do_due(self) -> None:
        """Commit what has to be done although no record came."""

    def rest(self) -> None:
        """Take note that nothing is under way."""

    async def stop(self) -> None:
        """Let go of what was open, whatever state it is in."""


class Progress(Protocol):
    """Where it is measured how far source partitions are."""

    def lag(self, source: TopicPartition, offsets: int) -> None:
        """Set how many offsets are not done yet."""

    def forget(self, source: TopicPartition) -> None:
        """Take away what was said of one that has gone to another worker."""

    def restarted(self, source: TopicPartition) -> None:
        """Count one that has to be opened anew."""

    def expired(self, offsets: int) -> None:
        """Count offsets that the brokers deleted before they were read."""


Reread = Callable[[TopicPartition, int, int], AsyncGenerator[Sequence[Record], None]]
"""Reads records of a source outside Faust, from an offset up to, not including, another."""
