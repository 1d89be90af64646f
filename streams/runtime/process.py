"""The check of the port at the start of every process, and the error line at its end."""

import traceback
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket

from streams.errors import OperatorError
from streams.kafka.errors import name_of, refusal


def verify_port(variable: str, port: int) -> None:
    """Raise OperatorError if metrics and health cannot be served on `port`."""
    with socket() as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            message = f"cannot serve on port {port} ({variable}): {error.strerror}"
            raise OperatorError(message) from None


def operator_error(fault: BaseException) -> OperatorError:
    """Return an exception as an OperatorError; for an unexpected one, with where it was raised."""
    if isinstance(fault, OperatorError):
        return fault
    if reason := refusal(fault):
        return OperatorError(f"stopped: {reason}")
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return OperatorError(f"stopped: {name_of(fault)}{where}; report it, and start it again")
