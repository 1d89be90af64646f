"""`ipg12 check`: verdicts on episodes from files or standard input."""

from collections import Counter
from contextlib import closing
from enum import StrEnum
from functools import partial
from typing import Annotated

from typer import Argument, Exit, Option, echo

from streams.cli.options import ColumnsFile
from streams.errors import OperatorError


class Form(StrEnum):
    """Output format."""

    REPORT = "report"
    JSONL = "jsonl"
    CSV = "csv"


def check(
    files: Annotated[
        list[str] | None,
        Argument(metavar="FILE", help="Files to check; '-' or none for standard input."),
    ] = None,
    form: Annotated[
        Form,
        Option("--format", help="A report for people, one JSON verdict or one finding per line."),
    ] = Form.REPORT,
    only: Annotated[
        list[str] | None,
        Option(metavar="RULE", help="Show findings of this rule only; repeat it for several."),
    ] = None,
    limit: Annotated[int | None, Option(min=0, help="Show at most this many records.")] = None,
    jobs: Annotated[int, Option(min=1, help="Number of parallel processes.")] = 1,
    columns: ColumnsFile = None,
) -> None:
    """Check coded episodes against the recommendation.

    Reads JSON, HL7 v2, FHIR R4, CDS XML, and delimited text with a header; gzip and zip too.
    Exits with status 1 if a record is non-compliant or a dead letter, shown or not.
    """
    from schemas.verdict import Outcome
    from streams.cli.explain import find_rule
    from streams.cli.judging import Show, judge_chunk, show_csv, show_json, show_report
    from streams.cli.processes import in_order
    from streams.cli.reading.column_file import read_column_file
    from streams.cli.reading.records import read_files
    from streams.cli.reading.sources import STDIN, total_bytes
    from streams.cli.showing.progress import ReadingBar
    from streams.cli.showing.spreadsheet import header_line
    from streams.cli.showing.summary import notes, summarise
    from streams.cli.showing.terminal import Screen, write
    from streams.settings import Settings

    paths = files or [STDIN]
    codes = {find_rule(name).code for each in only or () for name in each.split(",")}
    screen = Screen.of_stdout()
    settings = Settings.read()
    wanted = read_column_file(columns)
    shows: dict[Form, Show] = {
        Form.REPORT: partial(show_report, screen=screen),
        Form.JSONL: show_json,
        Form.CSV: show_csv,
    }
    judge = partial(
        judge_chunk,
        show=shows[form],
        every_record=form is Form.JSONL,
        max_bytes=settings.max_record_bytes,
        hl7=settings.hl7_fields,
        only=codes,
        limit=limit,
    )
    outcomes: Counter[Outcome] = Counter()
    rules: Counter[str] = Counter()
    shown = hidden = remarked = 0
    failure = None
    with ReadingBar(total_bytes(paths)) as bar:
        chunks = read_files(paths, settings.max_record_bytes, bar.advance, wanted)
        if form is Form.CSV:
            write(header_line("file", "record", "provider_code", "episode_id", "outcome"))
        with closing(in_order(judge, chunks, jobs)) as results:
            try:
                for judged in results:
                    outcomes += judged.outcomes
                    rules += judged.rules
                    remarked += judged.remarked
                    texts = judged.shown if limit is None else judged.shown[: limit - shown]
                    shown += len(texts)
                    hidden += judged.hidden + len(judged.shown) - len(texts)
                    if texts:
                        with bar.hidden():
                            write(b"".join(texts))
            except OperatorError as error:
                failure = error
    note = notes(
        empty=not (outcomes or failure),
        remarked=0 if form is Form.JSONL else remarked,
        hidden=hidden,
        limit=limit,
    )
    if form is not Form.REPORT:
        echo(note, err=True, nl=False)
    elif outcomes or not failure:
        write("".join(screen.draw(part) for part in summarise(outcomes, rules, codes)) + note)
    if failure:
        raise failure
    if outcomes[Outcome.NON_COMPLIANT] or outcomes[Outcome.DEAD_LETTER]:
        raise Exit(1)
