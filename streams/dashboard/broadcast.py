"""Notifies all waiting tasks that something has changed."""

import asyncio
from contextlib import suppress


class Broadcast:
    """A signal that any number of tasks can wait for, again and again, until it is closed."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.changes = 0
        """Number of changes so far."""
        self.closed = False

    def notify(self) -> None:
        """Wake all waiting tasks."""
        self.changes += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Wake all waiting tasks for the last time."""
        self.closed = True
        self.notify()

    async def wait(self, seconds: float) -> None:
        """Wait for the next change, for at most `seconds`."""
        changed = self._changed
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), seconds)
