"""What a receiver's response means, and how long to wait before the next attempt."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0
LONGEST_RETRY_AFTER_SECONDS: Final = 300.0
"""The longest wait that a receiver may ask for."""

_TRANSIENT: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class DeliveryOutcome(Enum):
    """What became of an attempt to deliver an event."""

    ACCEPTED = auto()
    RETRY = auto()
    """The receiver cannot accept it now; a later attempt may succeed."""
    REJECTED = auto()
    """The receiver will never accept it."""


def outcome_of(status: int) -> DeliveryOutcome:
    """Return what an HTTP status means."""
    if 200 <= status < 300:  # noqa: PLR2004  # the classes of RFC 9110
        return DeliveryOutcome.ACCEPTED
    if status in _TRANSIENT or 500 <= status < 600:  # noqa: PLR2004  # the same
        return DeliveryOutcome.RETRY
    return DeliveryOutcome.REJECTED


def retry_after_seconds(retry_after: str | None, now: datetime) -> float:
    """Read a Retry-After header, seconds or a date; 0 if it is absent or cannot be read."""
    if not retry_after:
        return 0.0
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), LONGEST_RETRY_AFTER_SECONDS)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # of a year or an hour that no machine word holds
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_RETRY_AFTER_SECONDS)


def wait_seconds(attempts: int, retry_after: float, jitter: float) -> float:
    """Return how long to wait after so many failed attempts: exponential backoff with jitter.

    `jitter`, between 0 and 1, takes off up to half, so that notifiers do not retry in step.
    """
    backoff = FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 10)
    return max(retry_after, min(backoff, LONGEST_WAIT_SECONDS) * (1 - jitter / 2))
