"""Trying again: for as long as brokers are away, a few times where they refuse a client."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from streams.engine.availability import BrokerAvailability
from streams.errors import OperatorError
from streams.kafka.errors import PRODUCER_UNUSABLE, name_of, refusal, unavailable

ATTEMPTS: Final = 6
"""How often brokers that answer may turn work down before the worker stops."""

PAUSE_SECONDS: Final = 1.5
"""Longer than a heartbeat: a worker that was away learns meanwhile that it lost the partition."""

LONGEST_PAUSE_SECONDS: Final = 6.0

log = logging.getLogger("ipg12.partition")


class StartOver(Protocol):
    """Lets go of clients; `turned_down` says that brokers answered, and did not want them."""

    async def __call__(self, *, turned_down: bool) -> None:
        """Let go of them."""


class Retry:
    """Makes one source partition's work succeed, or says why it cannot."""

    def __init__(
        self, who: str, availability: BrokerAvailability, owned: Callable[[], bool]
    ) -> None:
        """Name the partition. `owned` tells whether the group still assigns it to us."""
        self._who = who
        self._availability = availability
        self._owned = owned
        self._over = False

    def give_up(self) -> None:
        """Make no further attempt, now or later."""
        self._over = True

    async def make(
        self,
        work: Callable[[], Awaitable[None]],
        start_over: StartOver,
        what: str,
    ) -> None:
        """Do work until it has succeeded or the partition is no longer ours. Raises OperatorError.

        `what` names the work in what is raised.
        `start_over` lets go of the clients of an attempt that has failed.
        """
        turned_down, pause = 0, PAUSE_SECONDS
        try:
            while not self._over and self._owned():
                try:
                    await work()
                except PRODUCER_UNUSABLE as error:
                    fault = error
                else:
                    self._availability.goes_on(self._who)
                    return
                waiting = unavailable(fault)
                turned_down = 0 if waiting else turned_down + 1
                await start_over(turned_down=not waiting)
                if reason := refusal(fault):
                    message = f"{what}: {reason}"
                    raise OperatorError(message) from fault
                if turned_down == ATTEMPTS:
                    message = (
                        f"{what}: {name_of(fault)} after {ATTEMPTS} attempts; "
                        f"see what the brokers say of it, then start again"
                    )
                    raise OperatorError(message) from fault
                if waiting:
                    self._availability.waits(self._who, name_of(fault))
                    await self._availability.look()
                else:
                    log.warning("partition.retried %s fault=%s", self._who, name_of(fault))
                await asyncio.sleep(pause)
                pause = min(pause + PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        finally:
            self._availability.leaves(self._who)
