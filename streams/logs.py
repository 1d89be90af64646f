"""Log lines: an event's name and its coordinates, never a record's content."""

import logging
import sys
import time

_FOREIGN = ("aiohttp", "aiokafka", "asyncio", "faust", "mode", "streams")


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
    for name in _FOREIGN:
        logging.getLogger(name).setLevel(logging.ERROR)
