"""Log lines: an event's name and its coordinates, never a record's content."""

import logging
import sys
import threading
import time

_QUIET = {
    "aiohttp": logging.ERROR,
    "aiokafka": logging.CRITICAL,  # it says of every attempt to connect that it failed
    "asyncio": logging.ERROR,
    "faust": logging.ERROR,
    "mode": logging.ERROR,
    "streams": logging.ERROR,  # what Faust says of our classes that extend its own
}


class OneLine(logging.Formatter):
    """Formats a log record as one line; of an exception it gives the type alone."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        """Set the form of a line."""
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        message = " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[0]:
            message = f"{message} exception={record.exc_info[0].__name__}"
        record = logging.makeLogRecord(
            {**record.__dict__, "msg": message, "args": None, "exc_info": None, "exc_text": None}
        )
        return super().format(record)


def set_up_logs() -> None:
    """Send log lines to standard error: all of ours, of the libraries' only errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    threading.excepthook = _log_thread_fault


def _log_thread_fault(fault: threading.ExceptHookArgs) -> None:
    logging.getLogger("ipg12.thread").error("thread.failed exception=%s", fault.exc_type.__name__)
