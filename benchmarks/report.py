"""What was measured: printed, and written into its section of benchmarks/README.md."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broker.distribution import kafka_version
from rich.console import Console
from rich.table import Table

README: Final = Path(__file__).with_name("README.md")

Cells = Sequence[Sequence[str]]


def publish(section: str, conditions: str, tables: dict[str, Cells], *, whole: bool = True) -> None:
    """Print tables, and put them into the section's place in the README if they are `whole`.

    Each table has a title and rows of cells, its headings first. `conditions` says how it was
    measured: command, records, rounds.
    """
    machine = (
        f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Apache Kafka {kafka_version()} on the same machine, {datetime.now(UTC):%d %B %Y}"
    )
    console = Console(width=140)
    console.print(conditions, machine, sep="\n")
    parts = [f"{conditions}\n{machine}."]
    for title, (headings, *rows) in tables.items():
        table = Table(*headings, title=title)
        for row in rows:
            table.add_row(*row)
        console.print(table)
        lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
        parts.append("\n".join([f"**{title}**\n", *(f"| {' | '.join(line)} |" for line in lines)]))
    if whole:
        _replace(section, "\n\n".join(parts))


def _replace(section: str, text: str) -> None:
    """Put text between the marks of a section."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    old = README.read_text()
    marked = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    new, found = marked.subn(lambda _: f"{text}\n", old)
    if found != 1:
        message = f"{README.name} has no place for {section}: put {begin} and {end} on two lines"
        raise LookupError(message)
    README.write_text(new)


def _processor() -> str:
    named = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return named[1] if named else platform.machine()
