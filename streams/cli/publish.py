"""`ipg12 publish`."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from streams.cli.options import ColumnsFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.progress import Progress

    from streams.cli.publishing import Publishable
    from streams.settings import Settings


NAMED: Final = 20
"""Number of records that are named if they are not published."""


def publish(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Files, as for `check`; - for standard input."),
    ] = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Publish what will be a dead letter too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Publish nothing, and connect to no broker.")
    ] = False,
    columns: ColumnsFile = None,
) -> None:
    """Publish episodes to the input topic.

    What would be a dead letter is named on standard error and not published: exit status 1.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from streams.cli.publishing import LARGEST_BYTES, publishable
    from streams.cli.reading.column_file import read_column_file
    from streams.cli.reading.records import read_files
    from streams.cli.reading.sources import STDIN
    from streams.kafka.topics import Topics
    from streams.settings import Settings

    settings = Settings.read()
    max_bytes = settings.max_record_bytes
    chunks = read_files(
        files or [STDIN],
        max(max_bytes, LARGEST_BYTES) if force else max_bytes,
        columns=read_column_file(columns),
    )
    console = Console(stderr=True)
    refused = 0

    def name(refusal: str) -> None:
        nonlocal refused
        refused += 1
        if refused <= NAMED:
            console.out(refusal, highlight=False)

    records = publishable(chunks, max_bytes, force=force, on_refused=name, hl7=settings.hl7_fields)
    with Progress(
        TextColumn("publishing"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=dry_run or not console.is_terminal,
        transient=True,
    ) as progress:
        topic = Topics(settings.topic_prefix).episodes
        try:
            if dry_run:
                typer.echo(f"would publish {sum(1 for _ in records):,} records to {topic}")
            else:
                _deliver(records, topic, settings, progress)
        finally:
            if refused > NAMED:
                typer.echo(f"and {refused - NAMED:,} more", err=True)
    if refused:
        raise typer.Exit(1)


def _deliver(
    records: "Iterable[Publishable]", topic: str, settings: "Settings", progress: "Progress"
) -> None:
    """Publish records, and wait until brokers have them all. Raises OperatorError."""
    from streams.kafka.publish import Publisher, record_key

    task = progress.add_task("publishing", total=0)
    publisher = Publisher(settings, lambda: progress.advance(task))
    count = 0
    try:
        for record in records:
            publisher.publish(record.value, record_key(record.read))
            count += 1
            progress.update(task, total=count)
    finally:  # of a file that is damaged, what was read is published
        publisher.finish()
        typer.echo(f"published {count:,} records to {topic}")
