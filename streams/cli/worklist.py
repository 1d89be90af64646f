"""`ipg12 worklist`: what a provider's clinical coders have to correct."""

from typing import Annotated

import typer

from streams.cli.alerts import Form, provider_code


def worklist(
    provider: Annotated[str, typer.Argument(help="ODS code of the provider, in any case.")],
    form: Annotated[Form, typer.Option("--format", help="For people, or JSON lines.")] = (
        Form.TABLE
    ),
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Include episodes with only warnings or information.")
    ] = False,
) -> None:
    """List a provider's episodes awaiting correction, with findings and proposed sequence."""
    from streams.alerting.client import AlertClient
    from streams.cli.showing.alerts import worklist_lines
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
    elif rows:
        screen = Screen.of_stdout()
        write(screen.lines(worklist_lines(rows, screen.width)))
    else:
        others = "" if everything else " of an error; use --all to include other findings"
        write(f"no episode of {code} awaits correction{others}\n")
