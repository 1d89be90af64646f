"""Log lines: an event's name and its coordinates, never a record's content."""

import logging
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Final, TextIO

from mode.threads import ServiceThread
from mode.worker import Worker

from streams.errors import OperatorError, causes

OURS: Final = "ipg12"
"""Parent of ipg12's own loggers; only their messages are logged as text."""

log = logging.getLogger(f"{OURS}.python")


class OneLine(logging.Formatter):
    """Formats a log record as one line.

    A library's message may contain anything: only the place in its code is logged. Of an exception,
    it is the type, the type of its cause, and the line that raised the cause.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Format one line."""
        if _is_ours(record):
            message = " ".join(record.getMessage().split())
        else:
            message = f"library.error logger={record.name} at={record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[1]:
            message += _coordinates(record.exc_info[1])
        replaced = {"msg": message, "args": None, "exc_info": None, "exc_text": None}
        return super().format(
            logging.makeLogRecord({**record.__dict__, **replaced, "stack_info": None})
        )


def set_up_logs() -> None:
    """Send all messages of the process to standard error as log lines.

    These are ipg12's own lines, errors of libraries, and whatever Python and Mode would print
    outside the log: by default that quotes exceptions and local variables.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    handler.addFilter(_is_shown)
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)
    # It logs every failed attempt to connect.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # It only repeats that there was a crash.
    logging.getLogger("faust.worker").setLevel(logging.CRITICAL + 1)
    # A line that cannot be formatted would be printed with its arguments.
    logging.raiseExceptions = False
    sys.excepthook = lambda *fault: log.critical("python.failed", exc_info=fault)
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread_fault
    warnings.showwarning = _log_warning
    ServiceThread.on_crash = _log_crash  # type: ignore[method-assign]
    Worker._on_sigusr1 = _ignore_signal  # type: ignore[method-assign]  # noqa: SLF001
    Worker._on_sigusr2 = _ignore_signal  # type: ignore[method-assign]  # noqa: SLF001


def _is_shown(record: logging.LogRecord) -> bool:
    """Return whether a line is logged; an OperatorError has a line of its own at the end."""
    if _is_ours(record):
        return True
    expected = record.exc_info and isinstance(record.exc_info[1], OperatorError)
    return record.levelno >= logging.ERROR and not expected


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == OURS or record.name.startswith(f"{OURS}.")


def _coordinates(error: BaseException) -> str:
    """Return types and place of an exception, without its message."""
    text = f" exception={type(error).__name__}"
    *_, cause = causes(error, context=True)
    if cause is not error:
        text += f" cause={type(cause).__name__}"
    raised = cause.__traceback__
    while raised and raised.tb_next:
        raised = raised.tb_next
    if raised:
        text += f" raised={Path(raised.tb_frame.f_code.co_filename).stem}:{raised.tb_lineno}"
    return text


def _log_unraisable(fault: "sys.UnraisableHookArgs") -> None:
    log.error("python.unraisable", exc_info=fault.exc_value)


def _log_thread_fault(fault: threading.ExceptHookArgs) -> None:
    log.error("thread.failed", exc_info=fault.exc_value)


def _log_warning(
    message: Warning | str,  # noqa: ARG001  # the message is not logged
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001  # Python's signature
    line: str | None = None,  # noqa: ARG001  # Python's signature
) -> None:
    log.warning("python.warning %s at=%s:%d", category.__name__, Path(filename).stem, lineno)


def _log_crash(self: ServiceThread, *_: object, **__: object) -> None:  # noqa: ARG001  # Mode's signature
    log.error("thread.failed", exc_info=sys.exception())


def _ignore_signal(self: Worker) -> None:  # noqa: ARG001  # Mode's signature
    log.warning("signal.ignored")
