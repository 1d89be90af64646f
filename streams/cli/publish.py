"""`ipg12 publish`."""

from typing import Annotated, Final

import typer

LARGEST_BYTES: Final = 64 * 1_048_576


def publish(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Files, as for `check`; - for standard input."),
    ] = None,
) -> None:
    """Publish episodes to the input topic, without checking them."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from streams.cli.reading.partial import Oversized
    from streams.cli.reading.records import read_records
    from streams.cli.reading.sources import STDIN, read_pieces, source_name
    from streams.errors import OperatorError
    from streams.kafka.publish import Publisher
    from streams.kafka.topics import Topics
    from streams.settings import Settings

    settings = Settings.read()
    console = Console(stderr=True)
    with Progress(
        TextColumn("publishing"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task("publishing", total=0)
        publisher = Publisher(settings, lambda: progress.advance(task))
        count = 0
        for path in files or [STDIN]:
            for chunk in read_records(source_name(path), read_pieces(path), LARGEST_BYTES):
                for index, value in enumerate(chunk.values):
                    if isinstance(value, Oversized):
                        where, size = chunk.where(index), value.size_bytes
                        message = f"{where}: has {size} bytes, too large to publish"
                        raise OperatorError(message)
                    publisher.publish([value])
                    count += 1
                progress.update(task, total=count)
        publisher.finish()
    typer.echo(f"published {count} records to {Topics(settings.topic_prefix).episodes}")
