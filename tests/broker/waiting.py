"""Waiting for conditions: every wait has a deadline, and says what it waited for in vain."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02


class InVainError(Exception):
    """A condition did not come true in time."""

    def __init__(self, what: str, seconds: float, evidence: str) -> None:
        super().__init__(f"waited {seconds} s in vain until {what}\n{evidence}")


def wait_until(
    condition: Callable[[], T], what: str, seconds: float, evidence: Callable[[], str] = str
) -> T:
    """Wait until a condition gives something true, and give that.

    `what` completes "waited in vain until"; `evidence` is asked for only when it was in vain.
    """
    looked = time.monotonic()
    deadline = looked + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise InVainError(what, seconds, evidence())
        # What is waited for has at least as much time as the looking at it.
        time.sleep(max(POLL_SECONDS, time.monotonic() - looked))
        looked = time.monotonic()
    return result


def tail(log: Path, lines: int = 40) -> str:
    """Give the last lines of a log."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join([f"--- {log}", *text.splitlines()[-lines:]])
