"""The interface between the engine and the processor of a partition's records."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from aiokafka.structs import TopicPartition

from streams.errors import OperatorError
from streams.records import Record


class Processor(Protocol):
    """Processes the records of one partition, each chunk in a transaction."""

    @property
    def punctuation_due(self) -> bool:
        """Whether `punctuate` has something to do."""

    async def open(self) -> Mapping[TopicPartition, int]:
        """Fence the previous owner, and only then read the next offset of each source.

        Sources without a processed record are left out. Closes what was open before.
        """

    async def process(self, source: TopicPartition, records: Sequence[Record]) -> None:
        """Process consecutive records and commit the outcome. Raises OperatorError."""

    async def punctuate(self) -> None:
        """Commit changes that are due by the clock, without a record."""

    def settled(self) -> None:
        """Note that no transaction is open."""

    async def stop(self) -> None:
        """Close what is open, whatever state it is in."""


ProcessorT = TypeVar("ProcessorT", bound=Processor)

ReadRange = Callable[[TopicPartition, int, int], AsyncGenerator[Sequence[Record], None]]
"""Reads a source outside Faust, from an offset up to, not including, another."""


@contextmanager
def with_offsets(source: TopicPartition, records: Sequence[Record]) -> Iterator[None]:
    """Raise OperatorError that names the records for any exception while they are checked.

    Nothing has been written by then.
    """
    try:
        yield
    except Exception as error:
        message = (
            f"{source.topic}/{source.partition}, "
            f"offsets {records[0].offset} to {records[-1].offset}: "
            f"{type(error).__name__} while checking; nothing was written, "
            f"see docs/operating.md#when-a-record-breaks-the-check"
        )
        raise OperatorError(message) from error
