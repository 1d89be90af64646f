"""Faust's table manager, for an app without tables."""

from faust.tables.manager import TableManager


class NoTables(TableManager):
    """A table manager that is ready at once."""

    async def on_start(self) -> None:
        """Let the app subscribe, without Faust's pause of a second for tables that may be added."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
