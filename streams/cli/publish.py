"""`ipg12 publish`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.options import ColumnsFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.progress import Progress

    from streams.cli.publishing import Publishable
    from streams.settings import Settings


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
    So is what cannot be read of an episode, which is published all the same.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from streams.cli.publishing import LARGEST_BYTES, Named, publishable
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
    write = partial(console.out, highlight=False)
    refused = Named(write, "are not published")
    remarked = Named(write, "are not read whole")
    records = publishable(
        chunks,
        max_bytes,
        force=force,
        on_refused=refused.add,
        on_left_out=remarked.add,
        hl7=settings.hl7_fields,
    )
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
            refused.finish()
            remarked.finish()
    if refused.count:
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
