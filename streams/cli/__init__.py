"""The `ipg12` command."""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from streams.cli import (
    alerts,
    check,
    convert,
    dashboard,
    demo,
    explain,
    publish,
    rules,
    topics,
    verdicts,
    worker,
    worklist,
)
from streams.cli.showing.terminal import visible
from streams.errors import EXIT_CANNOT, OperatorError

app = typer.Typer(
    name="ipg12",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(check.check)
app.command()(convert.convert)
app.command()(rules.rules)
app.command()(explain.explain)
app.add_typer(topics.topics, name="topics")
app.command()(worker.worker)
app.add_typer(alerts.alerts, name="alerts")
app.command()(worklist.worklist)
app.command()(verdicts.verdicts)
app.command()(dashboard.dashboard)
app.command()(publish.publish)
app.command()(demo.demo)


@app.callback(invoke_without_command=True)
def ipg12(
    context: typer.Context,
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)
    ] = False,
) -> None:
    """Validate coded hospital episodes against NICE's coding recommendation for IPG12."""
    if show_version:
        from importlib.metadata import version

        typer.echo(f"ipg12 {version('ipg12')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command; an expected error is one line on standard error and exit status 2."""
    try:
        status = app(prog_name="ipg12", standalone_mode=False)
    except OperatorError as error:
        status = _fail(str(error))
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "ipg12"
        message = error.format_message().replace("Value error, ", "").rstrip(".?")
        status = _fail(f"{message}; see `{command} --help`")
    except OSError as error:
        status = _fail(error.strerror or str(error))
    sys.exit(status)


def _fail(message: str) -> int:
    sys.stderr.write(f"ipg12: {visible(' '.join(message.split()))}\n")
    return EXIT_CANNOT
