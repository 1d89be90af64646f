"""Codes in a row, with marks and labels underneath."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from streams.cli.showing.terminal import visible


@dataclass(frozen=True, slots=True)
class Cell:
    """A code in a row."""

    text: str
    mark: str = ""
    """The character that underlines the code; empty for none."""
    labels: tuple[str, ...] = ()
    """The texts under the mark."""
    style: str = ""

    @property
    def width(self) -> int:
        """Number of columns that the code and its labels need."""
        return max(map(cell_len, (self.text, *self.labels)))


def rows(heading: Cell, cells: Sequence[Cell], width: int) -> Iterator[Text]:
    """Lay out a heading and its codes, wrapped to `width` columns, each code above its marks."""
    indent = Cell(" " * heading.width)
    for number, row in enumerate(_wrapped(cells, width - heading.width - 1)):
        line = [indent if number else heading, *row]
        yield _line(line, [cell.text for cell in line])
        if any(cell.mark for cell in line):
            yield _line(line, [cell.mark * cell_len(cell.text.strip()) for cell in line])
        for depth in range(max(len(cell.labels) for cell in line)):
            yield _line(line, ["".join(cell.labels[depth : depth + 1]) for cell in line])


def cell_text(code: str) -> str:
    """Return a code, whatever its text, so that it is visible in a row."""
    return visible(code) if code.strip() else "(blank)"


def _wrapped(cells: Sequence[Cell], width: int) -> Iterator[list[Cell]]:
    row: list[Cell] = []
    used = 0
    for cell in cells:
        if row and used + cell.width > width:
            yield row
            row, used = [], 0
        row.append(cell)
        used += cell.width + 1
    yield row


def _line(cells: Iterable[Cell], texts: Iterable[str]) -> Text:
    line = Text()
    for cell, text in zip(cells, texts, strict=True):
        line.append(text, cell.style)
        line.append(" " * (cell.width - cell_len(text) + 1))
    line.rstrip()
    return line
