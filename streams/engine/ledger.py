"""The ledger: how far each source partition is processed, committed with the outputs.

The ledger, not the group's offset, decides where processing continues.
"""

from collections.abc import Sequence
from typing import TypeVar

from aiokafka.structs import TopicPartition

from schemas.ledger import LedgerPosition
from streams.engine.partition_reader import PartitionReader, read_last_row, read_table
from streams.errors import OperatorError

PositionT = TypeVar("PositionT", bound=LedgerPosition)


class Ledger:
    """Reads rows of a ledger topic, and verifies them against sources and group offsets."""

    def __init__(self, reader: PartitionReader, topic: str) -> None:
        """Read the ledger topic `topic`."""
        self._reader = reader
        self._topic = topic

    async def last_row(self, source: TopicPartition, model: type[PositionT]) -> PositionT | None:
        """Read the row of a source partition that has a ledger partition to itself.

        None if there is no row yet. Raises OperatorError if ledger, source and the group's offset
        contradict each other.
        """
        ledger = TopicPartition(self._topic, source.partition)
        async with self._reader.consumer(source, ledger) as consumer:
            # In this order, a commit by another worker meanwhile cannot cause a contradiction.
            group_offset = await consumer.committed(source)
            row = await read_last_row(consumer, ledger, model)
            end = (await consumer.end_offsets([source]))[source]
        self._verify(source, row, group_offset, end)
        return row

    async def rows(
        self, sources: Sequence[TopicPartition], model: type[PositionT]
    ) -> dict[TopicPartition, PositionT]:
        """Read the rows of sources that share a ledger partition; a source without one is left out.

        Raises OperatorError as `last_row` does.
        """
        number = sources[0].partition
        ledger = TopicPartition(self._topic, number)
        async with self._reader.consumer(ledger, *sources) as consumer:
            group_offsets = [await consumer.committed(source) for source in sources]
            table = await read_table(consumer, ledger, model)
            ends = await consumer.end_offsets(sources)
        found = {source: table.get(f"{source.topic}/{number}") for source in sources}
        for source, group_offset in zip(sources, group_offsets, strict=True):
            self._verify(source, found[source], group_offset, ends[source])
        return {source: row for source, row in found.items() if row}

    def _verify(
        self, source: TopicPartition, row: LedgerPosition | None, group_offset: int | None, end: int
    ) -> None:
        where = f"{source.topic}/{source.partition}"
        if row is None and group_offset:
            message = (
                f"topic {self._topic} has no row for {where}, but group {self._reader.group} is at "
                f"offset {group_offset}; restore the topic, or start again as described in "
                f"docs/operating.md#ledger-lost"
            )
            raise OperatorError(message)
        if row is not None and row.upto >= end:
            message = (
                f"topic {self._topic} has {where} processed up to offset {row.upto}, but that "
                f"ends at {end}; was it deleted? See docs/operating.md#input-deleted"
            )
            raise OperatorError(message)
