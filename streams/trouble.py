"""Expected trouble: what stops a command or the worker, in one line that says what to do."""

from typing import Final

CANNOT: Final = 2
"""Exit status where a command cannot do what it is asked for, or a worker cannot go on."""


class Trouble(Exception):  # noqa: N818  # not an error of the program, but of what it meets
    """It cannot go on; the message is one line that says why and what to do."""


class Unanswered(Trouble):
    """The brokers do not answer; asking again later may help."""
