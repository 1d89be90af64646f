"""The progress bar of the bytes read, on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, Self

_REFRESH_SECONDS: Final = 0.1


class ReadingBar:
    """A progress bar, shown only if standard error is a terminal, and removed at the end."""

    def __init__(self, total_bytes: int | None) -> None:
        """Set how much there is to read; None if unknown."""
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        self._bar = Progress(
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not sys.stderr.isatty(),
        )
        self._in_the_way = sys.stderr.isatty() and sys.stdout.isatty()
        self._task = self._bar.add_task("", total=total_bytes)
        self._drawn_seconds = monotonic()

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        self._bar.stop()

    def advance(self, size_bytes: int) -> None:
        """Advance the bar by the bytes just read."""
        self._bar.advance(self._task, size_bytes)
        now = monotonic()
        if now - self._drawn_seconds > _REFRESH_SECONDS:
            self._bar.refresh()
            self._drawn_seconds = now

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Hide the bar while something else is written to the terminal."""
        if not self._in_the_way:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()
