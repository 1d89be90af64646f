"""What a user must be allowed at the brokers: for each command, no more than it needs."""

import shlex
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schemas.verdict import Outcome
from streams.kafka.topics import (
    Topics,
    alerts_group,
    for_worker,
    transactional_ids,
    wanted,
    webhook_group,
)
from streams.settings import Settings


class Operation(StrEnum):
    """What may be done, as `kafka-acls.sh` calls it. Read and Write imply Describe."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


class Resource(StrEnum):
    """To what it may be done, as the option of `kafka-acls.sh` is called."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


class Command(StrEnum):
    """Which command a user runs."""

    WORKER = "worker"
    ALERTS = "alerts"
    NOTIFIER = "notifier"
    VIEWER = "viewer"
    OPERATOR = "operator"
    DASHBOARD = "dashboard"
    PUBLISH = "publish"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class Right:
    """One operation on one resource, or on all whose names begin so."""

    operation: Operation
    resource: Resource
    name: str
    prefixed: bool = False

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.operation} on {self.resource} {self.name}{'*' if self.prefixed else ''}"


def needed(command: Command, settings: Settings) -> list[Right]:
    """Give every right that a command needs."""
    topics = Topics(settings.topic_prefix)
    match command:
        case Command.WORKER:
            source, *written = (topic.name for topic in for_worker(settings))
            return [
                *_on_topics(Operation.READ, source, topics.ledger),
                *_on_topics(Operation.WRITE, *written),
                *_in_transactions(settings.group, source),
            ]
        case Command.ALERTS:
            kept = topics.alerts, topics.worklist, topics.alert_ledger
            dead_letter = topics.outputs[Outcome.DEAD_LETTER]
            return [
                *_on_topics(Operation.READ, topics.verdicts, topics.alert_commands, *kept),
                *_on_topics(Operation.WRITE, *kept, topics.alert_events, dead_letter),
                *_in_transactions(alerts_group(settings), topics.verdicts),
            ]
        case Command.NOTIFIER:
            return [
                *_on_topics(Operation.READ, topics.alert_events),
                Right(Operation.READ, Resource.GROUP, webhook_group(settings)),
            ]
        case Command.VIEWER | Command.OPERATOR | Command.DASHBOARD:
            return _at_the_desk(command, settings)
        case Command.PUBLISH:
            return _on_topics(Operation.WRITE, topics.episodes)
    source, *others = (topic.name for topic in wanted(settings))
    return [
        *_on_topics(Operation.DESCRIBE, source, *others),
        *_on_topics(Operation.CREATE, source, *others),
        *_on_topics(Operation.DESCRIBE_CONFIGS, *others),
    ]


def grants(
    rights: list[Right], user: str, brokers: str, client_config: Path | None = None
) -> list[str]:
    """Write the shell commands that grant rights to a user, one for each kind of right."""
    before = ["kafka-acls.sh", "--bootstrap-server", brokers]
    if client_config:
        before += ["--command-config", str(client_config)]
    kinds: dict[tuple[Operation, Resource, bool], list[Right]] = defaultdict(list)
    for right in rights:
        kinds[right.operation, right.resource, right.prefixed].append(right)
    lines = []
    for (operation, resource, prefixed), alike in kinds.items():
        words = [*before, "--add", "--allow-principal", f"User:{user}"]
        words += ["--operation", operation.value]
        for right in alike:
            words += [f"--{resource}", right.name]
        if prefixed:
            words += ["--resource-pattern-type", "prefixed"]
        lines.append(shlex.join(words))
    return lines


def _at_the_desk(command: Command, settings: Settings) -> list[Right]:
    """Give what is needed to look at alerts, and to deal with them."""
    topics = Topics(settings.topic_prefix)
    rights = _on_topics(Operation.READ, topics.alerts, topics.worklist, topics.alert_events)
    if command is Command.DASHBOARD:
        rights += _on_topics(Operation.READ, topics.ledger, topics.alert_ledger)
        rights += _on_topics(Operation.DESCRIBE, topics.episodes)
    if command is Command.OPERATOR or (command is Command.DASHBOARD and settings.api_token):
        rights += _on_topics(Operation.WRITE, topics.alert_commands)
    return rights


def _on_topics(operation: Operation, *names: str) -> list[Right]:
    return [Right(operation, Resource.TOPIC, name) for name in names]


def _in_transactions(group: str, source: str) -> list[Right]:
    """Give what a member of a group needs to commit what comes of a source topic."""
    ids = transactional_ids(group, source)
    return [
        Right(Operation.READ, Resource.GROUP, group),
        Right(Operation.WRITE, Resource.TRANSACTIONAL_ID, ids, prefixed=True),
    ]
