"""Retries: without end while brokers are unavailable, a few times if they reject a client."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from streams.engine.availability import BrokerAvailability
from streams.errors import OperatorError
from streams.kafka.errors import PRODUCER_UNUSABLE, name_of, refusal, unavailable

ATTEMPTS: Final = 6
"""Number of consecutive rejections by brokers that answer after which the worker stops."""

PAUSE_SECONDS: Final = 1.5
"""Longer than a heartbeat, so that a worker that was cut off learns that it lost the partition."""

LONGEST_PAUSE_SECONDS: Final = 6.0

log = logging.getLogger("ipg12.partition")


class StartOver(Protocol):
    """Closes clients; `rejected` is whether brokers answered and rejected them."""

    async def __call__(self, *, rejected: bool) -> None:
        """Close them."""


class Retry:
    """Retries one partition's work until it succeeds, or raises why it cannot."""

    def __init__(
        self, partition: str, availability: BrokerAvailability, owned: Callable[[], bool]
    ) -> None:
        """Retry for `partition`; `owned` returns whether it is still assigned to this process."""
        self._partition = partition
        self._availability = availability
        self._owned = owned
        self._stopped = False

    def stop(self) -> None:
        """Make no further attempt, now or later."""
        self._stopped = True

    async def run(
        self, work: Callable[[], Awaitable[None]], start_over: StartOver, what: str
    ) -> None:
        """Run `work` until it succeeds or the partition is lost. Raises OperatorError.

        `what` names the work in error messages.
        `start_over` closes the clients of a failed attempt.
        """
        rejections, pause = 0, PAUSE_SECONDS
        try:
            while not self._stopped and self._owned():
                try:
                    await work()
                except PRODUCER_UNUSABLE as error:
                    fault = error
                else:
                    self._availability.report_available(self._partition)
                    return
                waiting = unavailable(fault)
                rejections = 0 if waiting else rejections + 1
                await start_over(rejected=not waiting)
                if reason := refusal(fault):
                    message = f"{what}: {reason}"
                    raise OperatorError(message) from fault
                if rejections == ATTEMPTS:
                    message = (
                        f"{what}: {name_of(fault)} after {ATTEMPTS} attempts; "
                        f"look for the cause in the brokers' logs, then start it again"
                    )
                    raise OperatorError(message) from fault
                if waiting:
                    self._availability.report_unavailable(self._partition, name_of(fault))
                    await self._availability.verify_topics()
                else:
                    log.warning("partition.retried %s fault=%s", self._partition, name_of(fault))
                await asyncio.sleep(pause)
                pause = min(pause + PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        finally:
            self._availability.forget(self._partition)
