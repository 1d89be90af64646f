"""Telling everybody who waits that something has changed."""

import asyncio
from contextlib import suppress


class Broadcast:
    """A change that any number of tasks wait for, again and again, until it is over."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._changed = asyncio.Event()
        self.number = 0
        """How many changes there were."""
        self.over = False

    def tell(self) -> None:
        """Let everybody know who waits now."""
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Let everybody go."""
        self.over = True
        self.tell()

    async def wait(self, seconds: float) -> None:
        """Wait for the next change, so many seconds at most."""
        changed = self._changed
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), seconds)
