"""What a receiver's answer means, and how long to wait before the next attempt."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 60.0
LONGEST_ASKED_SECONDS: Final = 300.0
"""The longest wait that a receiver may ask for."""

_PASSING: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class DeliveryOutcome(Enum):
    """What becomes of a step."""

    TOLD = auto()
    LATER = auto()
    """The receiver cannot take it now; asking again may help."""
    REFUSED = auto()
    """It will not take it, however often it is asked."""


def outcome_of(status: int) -> DeliveryOutcome:
    """Say what an HTTP status means."""
    if 200 <= status < 300:  # noqa: PLR2004  # the classes of RFC 9110
        return DeliveryOutcome.TOLD
    if status in _PASSING or 500 <= status < 600:  # noqa: PLR2004  # the same
        return DeliveryOutcome.LATER
    return DeliveryOutcome.REFUSED


def retry_after_seconds(retry_after: str | None, now: datetime) -> float:
    """Read a Retry-After header, seconds or a date; 0 where nothing that can be read is asked."""
    if not retry_after:
        return 0.0
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), LONGEST_ASKED_SECONDS)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # of a year or an hour that no machine word holds
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_ASKED_SECONDS)


def wait_seconds(attempts: int, asked: float, chance: float) -> float:
    """Give how long to wait after so many failed attempts: twice as long each time.

    `chance`, between 0 and 1, takes up to half of it away, so that notifiers do not come at once.
    """
    doubled = FIRST_SECONDS * 2.0 ** min(attempts - 1, 10)
    return max(asked, min(doubled, LONGEST_SECONDS) * (1 - chance / 2))
