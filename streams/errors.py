"""Errors that stop a command or process, explained to the operator in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

EXIT_CANNOT: Final = 2
"""Exit status of a command that cannot be carried out, or a process that cannot continue."""


class OperatorError(Exception):
    """A command or process cannot continue; the message is one line: why, and what to do."""


class BrokersUnavailable(OperatorError):  # noqa: N818  # its name is a state of the brokers
    """The brokers do not answer; a later retry may succeed."""


@contextmanager
def written_by_ipg12(place: str) -> Iterator[None]:
    """Raise OperatorError for a ValueError of whatever parses the record at `place`."""
    try:
        yield
    except ValueError:  # pydantic's own is one
        message = (
            f"{place} was not written by ipg12; revoke the writer's right, and see "
            f"docs/operating.md#rows-that-ipg12-did-not-write"
        )
        raise OperatorError(message) from None


def causes(error: BaseException, *, context: bool = False) -> Iterator[BaseException]:
    """Yield an error and its causes: aiokafka wraps what brokers answer.

    With `context` also the errors that were being handled.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:  # Mode makes an exception its own cause
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or (cause.__context__ if context else None)
