"""Reading back what the worker wrote."""

from collections.abc import Callable
from time import monotonic

from schemas.ledger import LedgerRow
from streams.errors import OperatorError
from streams.kafka.topic_reader import TopicReader
from streams.kafka.topics import Topics
from streams.settings import Settings


def wait_for_ledger(
    settings: Settings, records: int, deadline_seconds: float, check_alive: Callable[[], None]
) -> list[LedgerRow]:
    """Wait until the ledger counts this many records, and return its latest rows.

    `check_alive` is called meanwhile, and raises OperatorError if the worker has ended.
    """
    rows: dict[bytes | str | None, LedgerRow] = {}
    deadline = monotonic() + deadline_seconds
    with TopicReader(settings, Topics(settings.topic_prefix).ledger) as reader:
        while sum(sum(row.outcomes.values()) for row in rows.values()) < records:
            check_alive()
            if monotonic() > deadline:
                fault = f"the worker has not processed {records} records in {deadline_seconds:.0f}s"
                raise OperatorError(fault)
            for message in reader.poll():
                rows[message.key()] = LedgerRow.model_validate_json(message.value() or b"")
    return list(rows.values())
