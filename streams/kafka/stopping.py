"""Stopping a Kafka client, whatever state it is in."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

STOP_SECONDS: Final = 1.0
"""How long a client with nothing left to deliver may take to stop."""


async def stop_within(seconds: float, stopping: Coroutine[Any, Any, object]) -> bool:
    """Let a client stop, and leave it behind where that takes longer; returns whether it did.

    It runs in a task of its own. What it raises does not reach us: aiokafka 0.14 lets a
    CancelledError out of `stop()` that nobody has asked for.
    """
    task = asyncio.ensure_future(stopping)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        return False
    return not task.cancelled() and task.exception() is None
