"""Waiting for brokers: said once when it begins, and once when it is over."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from streams.errors import BrokersUnavailable

LOOK_SECONDS: Final = 5.0
"""How long what a look at the topics has shown is believed."""

log = logging.getLogger("ipg12.brokers")


class BrokerAvailability:
    """Who waits for the brokers, and why."""

    def __init__(self, look: Callable[[], object]) -> None:
        """Take what looks at the topics.

        It raises Unanswered where the brokers say nothing, and Trouble where waiting is in vain.
        """
        self._look = look
        self._looking = asyncio.Lock()
        self._looked = -LOOK_SECONDS
        self._waiting: dict[str, str] = {}
        self._since = 0.0

    @property
    def reason(self) -> str | None:
        """Say what is waited for; None where nothing is."""
        for fault in self._waiting.values():
            return f"waiting for the brokers for {monotonic() - self._since:.0f} s: {fault}"
        return None

    def waits(self, who: str, fault: str) -> None:
        """Take note that somebody has to wait."""
        if not self._waiting:
            self._since = monotonic()
            log.warning("brokers.unavailable %s fault=%s", who, fault)
        self._waiting.setdefault(who, fault)

    def goes_on(self, who: str) -> None:
        """Take note that somebody was served."""
        if self._waiting.pop(who, None) is not None and not self._waiting:
            log.warning("brokers.available seconds=%.0f", monotonic() - self._since)

    def leaves(self, who: str) -> None:
        """Take note that somebody no longer waits, whatever the brokers do."""
        self._waiting.pop(who, None)

    async def look(self) -> None:
        """Raise OperatorError if waiting is useless, as where a topic is missing or too small."""
        async with self._looking:
            if monotonic() - self._looked < LOOK_SECONDS:
                return
            try:
                await asyncio.to_thread(self._look)
            except BrokersUnavailable:
                pass
            finally:
                self._looked = monotonic()
