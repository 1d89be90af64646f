"""Faults of our own, told by the records that they happened to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiokafka.structs import TopicPartition

from streams.outbox import Record
from streams.trouble import Trouble


@contextmanager
def our_fault(source: TopicPartition, records: Sequence[Record]) -> Iterator[None]:
    """Raise Trouble that names the offsets for whatever is raised; nothing is written then."""
    try:
        yield
    except Exception as error:
        message = (
            f"{source.topic}/{source.partition}, "
            f"offsets {records[0].offset} to {records[-1].offset}: "
            f"{type(error).__name__} while checking; nothing of it was written, "
            f"mend the check and start again"
        )
        raise Trouble(message) from error
