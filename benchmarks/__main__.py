"""Measure everything, or one section by its name; each writes its part of the README."""

from typing import Final

import typer

from benchmarks import profile, throughput

SECTIONS: Final = {"throughput": throughput.main, "profile": profile.main}

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
