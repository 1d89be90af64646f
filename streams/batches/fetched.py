"""What aiokafka's consumers have fetched, taken turn by turn."""

from collections.abc import Sequence
from itertools import islice
from time import monotonic
from typing import Any, Final, NamedTuple

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.structs import TopicPartition

from streams.batches.parts import BatchParts
from streams.errors import OperatorError

PASSING_SECONDS: Final = 0.5
"""How long to pass over the front of a batch before the consumer does something else."""

_ADVICE: Final = "see docs/operating.md#when-a-record-cannot-be-read"


class UnreadableBatch(NamedTuple):
    """Takes the place of records that cannot be read; whoever comes to it cannot go on."""

    offset: int
    message: str
    timestamp: int = -1
    key: None = None
    headers: tuple[()] = ()

    @property
    def value(self) -> range:
        """So large that no record shares a chunk with it."""
        return range(2**31)


def verify_readable(records: Sequence[Any]) -> None:
    """See that these are records. Raises OperatorError."""
    if isinstance(records[0], UnreadableBatch):
        raise OperatorError(records[0].message)


def read_by_parts() -> None:
    """Have aiokafka's consumers, all of this process, read what they fetch by parts."""
    fetcher.MemoryRecords = BatchParts
    fetcher.PartitionRecords = FetchedRecords
    FetchResult.getall = take


class FetchedRecords(PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """What was fetched of a partition, record by record."""

    def __init__(self, tp: TopicPartition, records: BatchParts, *rest: Any) -> None:  # noqa: ANN401
        """Take what aiokafka hands on: the aborted transactions and the offset asked for first."""
        super().__init__(tp, records, *rest)
        records.begin = self.next_fetch_offset

    @staticmethod
    def _consumer_record(_: TopicPartition, record: Any) -> Any:  # noqa: ANN401
        """Return a record as it was parsed.

        aiokafka dresses it as another one, of eleven fields, which takes twice the time of parsing
        it. Nobody here asks for more than it has.
        """
        return record


def take(result: FetchResult, max_records: int | None = None) -> Sequence[Any]:
    """Take what a turn has of what was fetched; takes the place of `FetchResult.getall`.

    What cannot be read is an UnreadableBatch, by itself, once all before it has been taken.
    """
    if not (result.has_more() and result.check_assignment(result._topic_partition)):  # noqa: SLF001
        return []
    records: list[Any] = []
    fetched = result._partition_records  # noqa: SLF001
    until = monotonic() + PASSING_SECONDS
    while fetched is not None and not records:
        try:
            records.extend(islice(fetched._records_iterator, max_records))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001  # whoever comes to it ends with it
            result._partition_records = None  # noqa: SLF001  # it is fetched again from there
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
        if monotonic() > until:
            break
    return records


def _unreadable(
    place: TopicPartition, fetched: FetchedRecords, error: Exception
) -> UnreadableBatch:
    first, last = fetched.next_fetch_offset, fetched._records.last_offset  # noqa: SLF001
    where = f"{place.topic}/{place.partition}, offsets {first} to {last}"
    message = f"{where}: {type(error).__name__} while reading them; {_ADVICE}"
    return UnreadableBatch(first, message)
