"""Errors that stop a command or process, explained to the operator in one line."""

from typing import Final

EXIT_CANNOT: Final = 2
"""Exit status of a command that cannot be carried out, or a process that cannot continue."""


class OperatorError(Exception):
    """A command or process cannot continue; the message is one line: why, and what to do."""


class BrokersUnavailable(OperatorError):  # noqa: N818  # its name is a state of the brokers
    """The brokers do not answer; a later retry may succeed."""
