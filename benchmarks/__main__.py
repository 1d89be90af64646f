"""Measure everything, or one section by its name; each writes its part of the README."""

from collections.abc import Callable
from typing import Final

import typer

from benchmarks import growth, latency, offline, profile, start, throughput

SECTIONS: Final[dict[str, Callable[..., None]]] = {
    "offline": offline.main,
    "throughput": throughput.main,
    "latency": latency.main,
    "start": start.main,
    "growth": growth.main,
    "profile": profile.main,
}

app = typer.Typer(add_completion=False, help=__doc__)
for name, section in SECTIONS.items():
    app.command(name)(section)


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Measure each section in turn."""
    if context.invoked_subcommand is None:
        for section in SECTIONS.values():
            section()


if __name__ == "__main__":
    app()
