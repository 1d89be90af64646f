"""Faust's tables, of which the worker has none."""

from faust.tables.manager import TableManager


class NoTables(TableManager):
    """Ready at once."""

    async def on_start(self) -> None:
        """Let the worker subscribe. Faust sleeps a second before, for tables yet to come."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
