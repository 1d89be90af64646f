"""`ipg12 check`: verdicts on episodes from files or standard input."""

from collections import Counter
from contextlib import closing
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Exit, Option

from streams.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.cli.judging import Judged
    from streams.cli.reading.records import Chunk


class Form(StrEnum):
    """Output format."""

    REPORT = "report"
    JSONL = "jsonl"


def check(
    files: Annotated[
        list[str] | None,
        Argument(metavar="FILE", help="Files to check; '-' or none for standard input."),
    ] = None,
    form: Annotated[
        Form, Option("--format", help="A report for people, or one JSON verdict per line.")
    ] = Form.REPORT,
    jobs: Annotated[int, Option(min=1, help="Number of parallel processes.")] = 1,
) -> None:
    """Check coded episodes against the recommendation.

    Reads JSON lines, a JSON array or one JSON object, recognised by content; gzip too.
    Exits with status 1 if a record is non-compliant or a dead letter.
    """
    from schemas.verdict import Outcome
    from streams.cli.judging import judge_as_json, judge_as_report
    from streams.cli.processes import in_order
    from streams.cli.reading.records import read_records
    from streams.cli.reading.sources import STDIN, read_pieces, source_name, total_bytes
    from streams.cli.showing.progress import ReadingBar
    from streams.cli.showing.summary import summarise
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    paths = files or [STDIN]
    screen = Screen.of_stdout()
    max_bytes = Settings.read().max_record_bytes
    judge: Callable[[Chunk], Judged] = (
        partial(judge_as_json, max_bytes=max_bytes)
        if form is Form.JSONL
        else partial(judge_as_report, max_bytes=max_bytes, screen=screen)
    )
    outcomes: Counter[Outcome] = Counter()
    rules: Counter[str] = Counter()
    failure = None
    with ReadingBar(total_bytes(paths)) as bar:
        chunks = (
            chunk
            for path in paths
            for chunk in read_records(source_name(path), read_pieces(path, bar.advance), max_bytes)
        )
        with closing(in_order(judge, chunks, jobs)) as results:
            try:
                for judged in results:
                    outcomes += judged.outcomes
                    rules += judged.rules
                    if judged.text:
                        with bar.hidden():
                            write(judged.text)
            except OperatorError as error:
                failure = error
    if form is Form.REPORT and (outcomes or not failure):
        write("".join(screen.draw(part) for part in summarise(outcomes, rules)))
    if failure:
        raise failure
    if outcomes[Outcome.NON_COMPLIANT] or outcomes[Outcome.DEAD_LETTER]:
        raise Exit(1)
