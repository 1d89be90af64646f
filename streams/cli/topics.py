"""`ipg12 topics create` and `ipg12 topics acls`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

topics = typer.Typer(help="Create topics and print their ACLs.")


@topics.callback()
def _group() -> None:
    """Create topics and print their ACLs."""


@topics.command()
def create(
    partitions: Annotated[
        int, typer.Option(min=1, help="Partitions of each topic, if the input does not exist yet.")
    ] = 16,
    replication_factor: Annotated[
        int, typer.Option(min=-1, help="Replicas of each partition; -1 for the cluster's default.")
    ] = -1,
) -> None:
    """Create missing topics, or report what differs; safe to repeat."""
    from streams.kafka.admin import create_topics
    from streams.settings import Settings

    created = create_topics(Settings.read(), partitions, replication_factor)
    for name in created:
        typer.echo(f"created {name}")
    if not created:
        typer.echo("every topic exists already, with the right configuration")


@topics.command()
def acls(
    user: Annotated[str, typer.Option(help="Name of the principal that gets the rights.")],
    command: Annotated[
        Literal[
            "worker",
            "alerts",
            "notifier",
            "viewer",
            "operator",
            "dashboard",
            "reader",
            "publish",
            "create",
        ],
        typer.Option(
            "--for",
            help="What the user runs: alerts is `alerts run`, notifier `alerts notify`, viewer "
            "shows alerts, operator also changes them, reader is `verdicts`, create is "
            "`topics create`.",
        ),
    ] = "worker",
    command_config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Client properties for kafka-acls.sh.")
    ] = None,
) -> None:
    """Print the kafka-acls.sh commands that grant a user exactly the rights needed."""
    from streams.kafka.rights import Command, grants, needed
    from streams.settings import Settings

    settings = Settings.read()
    rights = needed(Command(command), settings)
    for line in grants(rights, user, settings.brokers, command_config):
        typer.echo(line)
