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

from streams.errors import OperatorError

OURS: Final = "ipg12"
"""Name of our loggers' parent: only what comes from below it is ever quoted."""

log = logging.getLogger(f"{OURS}.python")


class OneLine(logging.Formatter):
    """Formats a log record as one line.

    A library may put anything into its messages: of those only the place in its code is given.
    Of an exception it is the type, the type of its cause, and the line that raised that.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        """Set the form of a line."""
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        if _is_ours(record):
            message = " ".join(record.getMessage().split())
        else:
            message = f"library.error logger={record.name} at={record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[1]:
            message += _coordinates(record.exc_info[1])
        said = {"msg": message, "args": None, "exc_info": None, "exc_text": None}
        return super().format(
            logging.makeLogRecord({**record.__dict__, **said, "stack_info": None})
        )


def set_up_logs() -> None:
    """Have all that the process says come as log lines on standard error.

    Those are all lines of ours, of the libraries' only errors, and whatever Python and Mode
    would print past the log: by default that quotes exceptions and local variables.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    handler.addFilter(_is_shown)
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)
    # It says of every attempt to connect that it failed.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # It says only that there was a crash, of which there is a line already.
    logging.getLogger("faust.worker").setLevel(logging.CRITICAL + 1)
    # A line that cannot be written would be dumped with its arguments.
    logging.raiseExceptions = False
    sys.excepthook = lambda *fault: log.critical("python.failed", exc_info=fault)
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread_fault
    warnings.showwarning = _log_warning
    ServiceThread.on_crash = _log_crash  # type: ignore[method-assign]
    Worker._on_sigusr1 = _ignore_signal  # type: ignore[method-assign]  # noqa: SLF001
    Worker._on_sigusr2 = _ignore_signal  # type: ignore[method-assign]  # noqa: SLF001


def _is_shown(record: logging.LogRecord) -> bool:
    """Tell whether a line is worth an operator's time; trouble has a line of its own at the end."""
    if _is_ours(record):
        return True
    trouble = record.exc_info and isinstance(record.exc_info[1], OperatorError)
    return record.levelno >= logging.ERROR and not trouble


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == OURS or record.name.startswith(f"{OURS}.")


def _coordinates(error: BaseException) -> str:
    """Say what was raised and where, without what it says."""
    said = f" exception={type(error).__name__}"
    seen = {id(error)}
    cause = error
    while (next_one := cause.__cause__ or cause.__context__) and id(next_one) not in seen:
        cause = next_one
        seen.add(id(cause))
    if cause is not error:
        said += f" cause={type(cause).__name__}"
    raised = cause.__traceback__
    while raised and raised.tb_next:
        raised = raised.tb_next
    if raised:
        said += f" raised={Path(raised.tb_frame.f_code.co_filename).stem}:{raised.tb_lineno}"
    return said


def _log_unraisable(fault: "sys.UnraisableHookArgs") -> None:
    log.error("python.unraisable", exc_info=fault.exc_value)


def _log_thread_fault(fault: threading.ExceptHookArgs) -> None:
    log.error("thread.failed", exc_info=fault.exc_value)


def _log_warning(
    message: Warning | str,  # noqa: ARG001  # what is said is not shown
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001  # Python's way
    line: str | None = None,  # noqa: ARG001  # Python's way
) -> None:
    log.warning("python.warning %s at=%s:%d", category.__name__, Path(filename).stem, lineno)


def _log_crash(self: ServiceThread, *_: object, **__: object) -> None:  # noqa: ARG001  # Mode's way
    log.error("thread.failed", exc_info=sys.exception())


def _ignore_signal(self: Worker) -> None:  # noqa: ARG001  # Mode's way
    log.warning("signal.ignored")
