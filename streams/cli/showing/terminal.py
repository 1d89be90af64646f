"""Standard output: how wide it is, whether it takes colours, and writing to it."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final

from typer import Exit

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

NARROWEST: Final = 50
"""Minimum width of a layout, in columns."""

CLOSED_PIPE: Final = 141
"""Exit status when the output pipe is closed: 128 plus the number of SIGPIPE."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The width and colours of the output."""

    width: int
    """In columns."""
    colours: bool = False

    @classmethod
    def of_stdout(cls) -> "Screen":
        """Measure standard output; without a terminal it is plain, and COLUMNS or 80 wide."""
        colours = (
            sys.stdout.isatty()
            and "NO_COLOR" not in os.environ
            and os.environ.get("TERM") not in {"dumb", "unknown"}
        )
        return cls(max(get_terminal_size().columns, NARROWEST), colours)

    def lines(self, lines: Iterable["Text"]) -> str:
        """Return lines that are laid out already as text."""
        from rich.text import Text

        if self.colours:
            return self.draw(Text("\n").join(lines), soft_wrap=True)
        return "".join(f"{line.plain}\n" for line in lines)

    def draw(self, drawing: "RenderableType", *, soft_wrap: bool = False) -> str:
        """Return anything that Rich can render as text, fitted to the width of the screen."""
        from rich.console import Console

        console = Console(
            file=StringIO(),
            width=self.width,
            force_terminal=self.colours,
            color_system="standard" if self.colours else None,
            legacy_windows=False,
        )
        with console.capture() as capture:
            console.print(drawing, soft_wrap=soft_wrap, markup=False, highlight=False, emoji=False)
        return "\n".join(line.rstrip() for line in capture.get().split("\n"))


def visible(text: str) -> str:
    """Escape characters that are invisible or control the terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def write(text: str | bytes) -> None:
    """Write to standard output in UTF-8 and flush; exit if the pipe is closed."""
    try:
        sys.stdout.buffer.write(
            text.encode(errors="backslashreplace") if isinstance(text, str) else text
        )
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(CLOSED_PIPE) from None
