"""`ipg12 worklist`: what a provider's clinical coders have to correct."""

from enum import StrEnum
from typing import Annotated

import typer

from streams.cli.alerts import provider_code


class Form(StrEnum):
    """Output format."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


def worklist(
    provider: Annotated[str, typer.Argument(help="ODS code of the provider, in any case.")],
    form: Annotated[
        Form, typer.Option("--format", help="For people, one JSON episode or finding per line.")
    ] = Form.TABLE,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Include episodes with only warnings or information.")
    ] = False,
) -> None:
    """List a provider's episodes awaiting correction, with codes, findings and proposal."""
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import worklist_lines
    from streams.cli.showing.spreadsheet import finding_lines, header_line
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    code = provider_code(provider)
    rows = [
        row
        for row in AlertClient(Settings.read()).worklist(code)
        if (row.awaited if everything else row.wrong)
    ]
    if form is Form.JSONL:
        write("".join(f"{row.model_dump_json()}\n" for row in rows))
    elif form is Form.CSV:
        write(header_line("provider_code", "episode_id", "outcome"))
        for row in rows:
            leading = (row.provider, row.episode_id, row.outcome)
            write(finding_lines(leading, row, row.awaited_findings))
    elif rows:
        screen = Screen.of_stdout()
        write(screen.lines(worklist_lines(rows, screen.width)))
    else:
        others = "" if everything else " of an error; use --all to include other findings"
        write(f"no episode of {code} awaits correction{others}\n")
