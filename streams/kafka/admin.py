"""Creation and verification of topics."""

from collections.abc import Iterator
from typing import Final, assert_never

from schemas.verdict import Outcome
from streams.errors import OperatorError
from streams.kafka.cluster import Cluster
from streams.kafka.preflight import refuse, verify_rights
from streams.kafka.rights import Command, FaustCommand, Operation, Resource, Right, needed
from streams.kafka.topics import Topic, Topics, for_alerts, for_worker, wanted
from streams.settings import Settings

_AT_LEAST: Final = frozenset({"max.message.bytes", "message.timestamp.after.max.ms"})


def create_topics(settings: Settings, partitions: int, replication: int) -> list[str]:
    """Create the topics that are missing, and return their names.

    If the input topic exists, all get its number of partitions.
    Raises OperatorError if an existing topic has the wrong configuration.
    """
    cluster = Cluster(settings)
    verify_rights(cluster, Command.CREATE, settings)
    existing = cluster.partitions
    topics = wanted(settings)
    source = topics[0].name
    missing = [topic for topic in topics if topic.name not in existing]
    if missing:
        denied = cluster.create(missing, existing.get(source, partitions), replication)
        lacking = [Right(Operation.CREATE, Resource.TOPIC, name) for name in denied]
        refuse(lacking, Command.CREATE, settings)
    present = [topic for topic in topics if topic.name in existing]
    count = existing.get(source, partitions)
    differences = [
        f"topic {topic.name} has {existing[topic.name]} partitions instead of {count}"
        for topic in present
        if existing[topic.name] != count
    ]
    outputs = [topic for topic in present if topic.name != source]
    if outputs:
        differences += _config_differences(outputs, cluster.config([each.name for each in outputs]))
    if differences:
        raise OperatorError("; ".join(differences))
    return [topic.name for topic in missing]


def verify_topics(settings: Settings, command: FaustCommand) -> None:
    """Verify the topics and rights of the worker or the alerts process. Raises OperatorError."""
    cluster = Cluster(settings)
    verify_rights(cluster, command, settings)
    topics = Topics(settings.topic_prefix)
    match command:
        case Command.WORKER:
            source, *others = (topic.name for topic in for_worker(settings))
        case Command.ALERTS:
            source, dead_letter = topics.verdicts, topics.outputs[Outcome.DEAD_LETTER]
            others = [*(topic.name for topic in for_alerts(settings)), dead_letter]
        case _:
            assert_never(command)
    _verify_present(cluster, [source, *others])
    existing = cluster.partitions
    if differing := [f"{x} has {existing[x]}" for x in others if existing[x] != existing[source]]:
        message = (
            f"every topic needs the {existing[source]} partitions of {source}, "
            f"but {', '.join(differing)}; add partitions where there are fewer, then start again"
        )
        raise OperatorError(message)


def verify_use(settings: Settings, command: Command) -> None:
    """Verify the topics and rights of any other command. Raises OperatorError."""
    cluster = Cluster(settings)
    verify_rights(cluster, command, settings)
    rights = needed(command, settings)
    used = [right.name for right in rights if right.resource is Resource.TOPIC]
    _verify_present(cluster, list(dict.fromkeys(used)))


def _verify_present(cluster: Cluster, names: list[str]) -> None:
    missing = [name for name in names if name not in cluster.partitions]
    if missing:
        message = f"missing topics: {', '.join(missing)}; run `ipg12 topics create`"
        raise OperatorError(message)


def _config_differences(topics: list[Topic], found: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield the wrong topic settings, except for the retention, which operators may choose."""
    for topic in topics:
        for name, wanted_value in topic.config.items():
            value = found[topic.name][name]
            enough = int(value) >= int(wanted_value) if name in _AT_LEAST else value == wanted_value
            if name != "retention.ms" and not enough:
                yield f"topic {topic.name} has {name}={value} instead of {wanted_value}"
