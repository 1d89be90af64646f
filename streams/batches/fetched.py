"""Records that aiokafka's consumers fetched, returned in turns that limit their memory."""

from collections.abc import Sequence
from itertools import islice
from time import monotonic
from typing import Any, Final, NamedTuple

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.structs import TopicPartition

from streams.batches.parts import BatchParts
from streams.errors import OperatorError

SKIP_SECONDS: Final = 0.5
"""How long to skip records at the start of a batch before other work of the consumer."""

_ADVICE: Final = "see docs/operating.md#when-a-record-cannot-be-read"


class UnreadableBatch(NamedTuple):
    """A placeholder for records that cannot be read; processing stops there."""

    offset: int
    message: str
    timestamp: int = -1
    key: None = None
    headers: tuple[()] = ()

    @property
    def value(self) -> range:
        """A value so large that no other record shares a chunk with it."""
        return range(2**31)


def verify_readable(records: Sequence[Any]) -> None:
    """Raise OperatorError if these are an UnreadableBatch."""
    if isinstance(records[0], UnreadableBatch):
        raise OperatorError(records[0].message)


def read_by_parts() -> None:
    """Patch aiokafka so that all consumers of this process read fetched batches in parts."""
    fetcher.MemoryRecords = BatchParts
    fetcher.PartitionRecords = FetchedRecords
    FetchResult.getall = next_records


class FetchedRecords(PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """The records fetched from a partition, one by one."""

    def __init__(self, tp: TopicPartition, records: BatchParts, *rest: Any) -> None:  # noqa: ANN401
        """Pass the requested offset, of aiokafka's own arguments, on to `records`."""
        super().__init__(tp, records, *rest)
        records.begin = self.next_fetch_offset

    @staticmethod
    def _consumer_record(_: TopicPartition, record: Any) -> Any:  # noqa: ANN401
        """Return a record as it was parsed.

        aiokafka copies it to a record of eleven fields, which takes twice as long as parsing it.
        The parsed one has all that is used here.
        """
        return record


def next_records(result: FetchResult, max_records: int | None = None) -> Sequence[Any]:
    """Return the next records of what was fetched; replaces `FetchResult.getall`.

    Records that cannot be read are an UnreadableBatch, by itself, after all earlier records.
    """
    if not (result.has_more() and result.check_assignment(result._topic_partition)):  # noqa: SLF001
        return []
    records: list[Any] = []
    fetched = result._partition_records  # noqa: SLF001
    deadline = monotonic() + SKIP_SECONDS
    while fetched is not None and not records:
        try:
            records.extend(islice(fetched._records_iterator, max_records))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001  # processing stops there
            result._partition_records = None  # noqa: SLF001  # fetched again from there
            if not records:
                return [_unreadable(result._topic_partition, fetched, error)]  # noqa: SLF001
        state = result._assignment.state_value(result._topic_partition)  # noqa: SLF001
        state.consumed_to(fetched.next_fetch_offset)
        if result._partition_records is None or len(records) == max_records:  # noqa: SLF001
            break
        if fetched._records.take_turn():  # noqa: SLF001
            fetched._records_iterator = fetched._unpack_records()  # noqa: SLF001
        else:
            fetched = result._partition_records = None  # noqa: SLF001
        if monotonic() > deadline:
            break
    return records


def _unreadable(
    partition: TopicPartition, fetched: FetchedRecords, error: Exception
) -> UnreadableBatch:
    first, last = fetched.next_fetch_offset, fetched._records.last_offset  # noqa: SLF001
    where = f"{partition.topic}/{partition.partition}, offsets {first} to {last}"
    message = f"{where}: {type(error).__name__} while reading them; {_ADVICE}"
    return UnreadableBatch(first, message)
