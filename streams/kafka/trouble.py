"""Why the stream stopped."""


class StreamStopped(Exception):  # noqa: N818  # it names what happened
    """The stream cannot go on without an operator; the message is one line that says what to do."""
