"""Stopping Kafka clients, whatever state they are in."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

STOP_SECONDS: Final = 1.0
"""How long a client with nothing left to deliver may take to stop."""


async def stop_within(seconds: float, stopping: Coroutine[Any, Any, object]) -> bool:
    """Wait for `stopping`, at most for `seconds`; return whether it succeeded.

    It runs in a task of its own, and its exceptions are not raised: in aiokafka 0.14, `stop()` may
    raise a CancelledError that nobody requested.
    """
    task = asyncio.ensure_future(stopping)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        return False
    return not task.cancelled() and task.exception() is None
