"""`ipg12 topics create`."""

from typing import Annotated

import typer

topics = typer.Typer(help="Look after the topics.")


@topics.callback()
def _group() -> None:
    """Look after the topics."""


@topics.command()
def create(
    partitions: Annotated[
        int, typer.Option(min=1, help="Partitions of each topic, where the input is not there yet.")
    ] = 16,
    replication_factor: Annotated[
        int, typer.Option(min=-1, help="Copies of each partition; -1 leaves it to the cluster.")
    ] = -1,
) -> None:
    """Create every topic that is missing, or say what differs; safe to repeat."""
    from streams.kafka.admin import create_topics
    from streams.settings import Settings

    created = create_topics(Settings.read(), partitions, replication_factor)
    for name in created:
        typer.echo(f"created {name}")
    if not created:
        typer.echo("every topic is there already, as it should be")
