"""Expected trouble: what stops a command or the worker, in one line that says what to do."""

from typing import Final

EXIT_CANNOT: Final = 2
"""Exit status where a command cannot do what it is asked for, or a worker cannot go on."""


class OperatorError(Exception):
    """It cannot go on; the message is one line that says why and what to do."""


class BrokersUnavailable(OperatorError):  # noqa: N818  # its name is a state of the brokers
    """The brokers do not answer; asking again later may help."""
