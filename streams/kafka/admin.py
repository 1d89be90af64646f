"""Creating topics, and holding those that exist against what they should be."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Outcome
from streams.errors import OperatorError
from streams.kafka.cluster import Cluster
from streams.kafka.preflight import refuse, verify_rights
from streams.kafka.rights import Command, Operation, Resource, Right, needed
from streams.kafka.topics import Topic, Topics, for_alerts, for_worker, wanted
from streams.settings import Settings

_AT_LEAST: Final = frozenset({"max.message.bytes", "message.timestamp.after.max.ms"})


def create_topics(settings: Settings, partitions: int, replication: int) -> list[str]:
    """Create the topics that are missing; gives their names.

    Where the input exists already, its number of partitions holds for all of them.
    Raises OperatorError where one that exists is not as it should be.
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
    kept = [topic for topic in topics if topic.name in existing]
    count = existing.get(source, partitions)
    differences = [
        f"topic {topic.name} has {existing[topic.name]} partitions, {count} are needed"
        for topic in kept
        if existing[topic.name] != count
    ]
    outputs = [topic for topic in kept if topic.name != source]
    if outputs:
        differences += _config_differences(outputs, cluster.config([each.name for each in outputs]))
    if differences:
        raise OperatorError("; ".join(differences))
    return [topic.name for topic in missing]


def verify_topics(settings: Settings, command: Command) -> None:
    """Raise OperatorError if the worker or the alerts process lacks a topic or a right."""
    cluster = Cluster(settings)
    verify_rights(cluster, command, settings)
    topics = Topics(settings.topic_prefix)
    if command is Command.WORKER:
        source, *others = (topic.name for topic in for_worker(settings))
    else:
        source, others = topics.verdicts, [topic.name for topic in for_alerts(settings)]
        others.append(topics.outputs[Outcome.DEAD_LETTER])
    _verify_present(cluster, [source, *others])
    existing = cluster.partitions
    differing = [
        f"{name} has {existing[name]}" for name in others if existing[name] != existing[source]
    ]
    if differing:
        message = (
            f"every topic needs the {existing[source]} partitions of {source}, "
            f"but {', '.join(differing)}; enlarge what has fewer, then start again"
        )
        raise OperatorError(message)


def verify_use(settings: Settings, command: Command) -> None:
    """See that the topics that a command uses are there and may be used. Raises OperatorError."""
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
    """Say what is set otherwise. How long records are kept is the operator's to decide."""
    for topic in topics:
        for name, right in topic.config.items():
            is_set = found[topic.name][name]
            enough = int(is_set) >= int(right) if name in _AT_LEAST else is_set == right
            if name != "retention.ms" and not enough:
                yield f"topic {topic.name} has {name}={is_set}, {right} is needed"
