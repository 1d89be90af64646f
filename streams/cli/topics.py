"""`ipg12 topics create` and `ipg12 topics acls`."""

from pathlib import Path
from typing import Annotated, Literal

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


@topics.command()
def acls(
    user: Annotated[str, typer.Option(help="Who is to have the rights: the principal's name.")],
    command: Annotated[
        Literal[
            "worker", "alerts", "notifier", "viewer", "operator", "dashboard", "publish", "create"
        ],
        typer.Option(
            "--for",
            help="What the user runs: alerts is `alerts run`, notifier `alerts notify`, viewer "
            "what shows alerts, operator what also deals with them, create `topics create`.",
        ),
    ] = "worker",
    command_config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Client properties that kafka-acls.sh is to use."),
    ] = None,
) -> None:
    """Print the kafka-acls.sh commands that give a user the rights needed, and no others."""
    from streams.kafka.rights import Command, grants, needed
    from streams.settings import Settings

    settings = Settings.read()
    rights = needed(Command(command), settings)
    for line in grants(rights, user, settings.brokers, command_config):
        typer.echo(line)
