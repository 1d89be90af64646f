"""Waiting for brokers: logged once when it begins, and once when it is over."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from streams.errors import BrokersUnavailable

VERIFIED_SECONDS: Final = 5.0
"""How long a check of the topics stays valid."""

log = logging.getLogger("ipg12.brokers")


class BrokerAvailability:
    """Which partitions wait for the brokers, and why."""

    def __init__(self, verify_topics: Callable[[], object]) -> None:
        """Check the topics with `verify_topics`.

        It raises BrokersUnavailable without an answer, another OperatorError if waiting is useless.
        """
        self._verify_topics = verify_topics
        self._verifying = asyncio.Lock()
        self._verified_at = -VERIFIED_SECONDS
        self._waiting: dict[str, str] = {}
        self._since = 0.0

    @property
    def reason(self) -> str | None:
        """Why partitions wait for the brokers; None if none does."""
        for fault in self._waiting.values():
            return f"waiting for the brokers for {monotonic() - self._since:.0f} s: {fault}"
        return None

    def report_unavailable(self, name: str, fault: str) -> None:
        """Record that the brokers do not serve a partition or topic."""
        if not self._waiting:
            self._since = monotonic()
            log.warning("brokers.unavailable %s fault=%s", name, fault)
        self._waiting.setdefault(name, fault)

    def report_available(self, name: str) -> None:
        """Record that the brokers serve a partition or topic."""
        if self._waiting.pop(name, None) is not None and not self._waiting:
            log.warning("brokers.available seconds=%.0f", monotonic() - self._since)

    def forget(self, name: str) -> None:
        """Record that a partition no longer waits, available or not."""
        self._waiting.pop(name, None)

    async def verify_topics(self) -> None:
        """Raise OperatorError if waiting is useless: a topic is missing or lacks partitions."""
        async with self._verifying:
            if monotonic() - self._verified_at < VERIFIED_SECONDS:
                return
            try:
                await asyncio.to_thread(self._verify_topics)
            except BrokersUnavailable:
                pass
            finally:
                self._verified_at = monotonic()
