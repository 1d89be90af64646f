"""The long form of the chaos: every case again and again, and a table of what came of it."""

import sys
import tempfile
from pathlib import Path
from time import monotonic, time
from typing import Annotated

import typer
from broker.waiting import InVainError
from broker.worker import EndedError
from chaos.case import Case, Result, run
from chaos.cases import CASES
from chaos.stage import Stage
from rich.console import Console
from rich.table import Table

console = Console(width=140)


def chaos(
    seed: Annotated[int, typer.Option(help="Makes the moments repeatable.")] = 0,
    scale: Annotated[float, typer.Option(help="Of the number of rounds.")] = 1.0,
    case: Annotated[list[str] | None, typer.Option(help="Words of a case's name.")] = None,
) -> None:
    """Let every fault strike a worker on three brokers, and close the books after each."""
    seed = seed or int(time())
    console.print(f"seed {seed}")
    chosen = [each for each in CASES if not case or any(words in each.name for words in case)]
    results: list[Result] = []
    failed: list[Case] = []
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), seed)
        try:
            with stage.cluster:
                for each in chosen:
                    try:
                        results.append(play(stage, each, scale))
                    except (AssertionError, EndedError, InVainError) as fault:
                        failed.append(each)
                        console.print(f"FAILED {each.name}\n{fault}", markup=False)
        finally:
            console.print(table(results))
    sys.exit(1 if failed else 0)


def play(stage: Stage, case: Case, scale: float) -> Result:
    """Play a case in its long form."""
    started = monotonic()
    result = run(case, stage.scene(case), max(1, round(case.long * scale)))
    result.assert_clean()
    console.print(f"{case.name}: {result.strikes} strikes in {monotonic() - started:.0f} s")
    return result


def table(results: list[Result]) -> Table:
    """Lay out what came of each case."""
    laid_out = Table("when", *COLUMNS, "")
    for result in results:
        account = result.account
        counts = (
            result.strikes,
            account.records,
            len(account.lost),
            len(account.doubled),
            len(account.miscounted),
            len(account.misanswered),
            f"{result.longest_pause_seconds:.1f} s",
        )
        laid_out.add_row(result.case.name, *map(str, counts), ", ".join(result.notes))
    for column in laid_out.columns[1:-1]:
        column.justify = "right"
    return laid_out


COLUMNS = ("strikes", "records", "lost", "doubled", "miscounted", "misanswered", "longest pause")

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(chaos)
    app()
