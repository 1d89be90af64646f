"""Expected trouble: what stops a command or the worker, in one line that says what to do."""


class Trouble(Exception):  # noqa: N818  # not an error of the program, but of what it meets
    """It cannot go on; the message is one line that says why and what to do."""
