"""Options that several commands have."""

from typing import Annotated

from typer import Option

ColumnsFile = Annotated[
    str | None,
    Option("--columns", metavar="FILE", help="Which column is what, in TOML (docs/formats.md)."),
]
