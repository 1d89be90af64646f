"""The rights that each command needs at the brokers, and no more."""

import shlex
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, assert_never

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
    """An operation, as `kafka-acls.sh` calls it. Read and Write imply Describe."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


class Resource(StrEnum):
    """A type of resource, named like the option of `kafka-acls.sh`."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


class Command(StrEnum):
    """A command, or a group of commands, that a user runs."""

    WORKER = "worker"
    ALERTS = "alerts"
    NOTIFIER = "notifier"
    VIEWER = "viewer"
    OPERATOR = "operator"
    DASHBOARD = "dashboard"
    READER = "reader"
    PUBLISH = "publish"
    CREATE = "create"


FaustCommand = Literal[Command.WORKER, Command.ALERTS]


@dataclass(frozen=True, slots=True)
class Right:
    """An operation on one resource, or on all whose names begin with `name`."""

    operation: Operation
    resource: Resource
    name: str
    prefixed: bool = False

    def __str__(self) -> str:
        """Return, for example, `Read on topic ipg12.episodes`."""
        return f"{self.operation} on {self.resource} {self.name}{'*' if self.prefixed else ''}"


def needed(command: Command, settings: Settings) -> list[Right]:
    """Return every right that a command needs."""
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
            tables = topics.alerts, topics.worklist, topics.alert_ledger
            dead_letter = topics.outputs[Outcome.DEAD_LETTER]
            return [
                *_on_topics(Operation.READ, topics.verdicts, topics.alert_commands, *tables),
                *_on_topics(Operation.WRITE, *tables, topics.alert_events, dead_letter),
                *_in_transactions(alerts_group(settings), topics.verdicts),
            ]
        case Command.NOTIFIER:
            return [
                *_on_topics(Operation.READ, topics.alert_events),
                Right(Operation.READ, Resource.GROUP, webhook_group(settings)),
            ]
        case Command.VIEWER | Command.OPERATOR | Command.DASHBOARD:
            return _alert_rights(command, settings)
        case Command.READER | Command.PUBLISH:
            reads = command is Command.READER
            return (
                _on_topics(Operation.READ, topics.verdicts)
                if reads
                else _on_topics(Operation.WRITE, topics.episodes)
            )
        case Command.CREATE:
            source, *others = (topic.name for topic in wanted(settings))
            return [
                *_on_topics(Operation.DESCRIBE, source, *others),
                *_on_topics(Operation.CREATE, source, *others),
                *_on_topics(Operation.DESCRIBE_CONFIGS, *others),
            ]
        case _:
            assert_never(command)


def grants(
    rights: list[Right], user: str, brokers: str, client_config: Path | None = None
) -> list[str]:
    """Return shell commands that grant rights to a user, one for each kind of right."""
    prefix = ["kafka-acls.sh", "--bootstrap-server", brokers]
    if client_config:
        prefix += ["--command-config", str(client_config)]
    kinds: dict[tuple[Operation, Resource, bool], list[Right]] = defaultdict(list)
    for right in rights:
        kinds[right.operation, right.resource, right.prefixed].append(right)
    lines = []
    for (operation, resource, prefixed), alike in kinds.items():
        words = [*prefix, "--add", "--allow-principal", f"User:{user}"]
        words += ["--operation", operation.value]
        for right in alike:
            words += [f"--{resource}", right.name]
        if prefixed:
            words += ["--resource-pattern-type", "prefixed"]
        lines.append(shlex.join(words))
    return lines


def _alert_rights(command: Command, settings: Settings) -> list[Right]:
    """Return the rights to view alerts and, if the command may, to change them."""
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
    """Return the rights to commit offsets and the output of a source topic in transactions."""
    ids = transactional_ids(group, source)
    return [
        Right(Operation.READ, Resource.GROUP, group),
        Right(Operation.WRITE, Resource.TRANSACTIONAL_ID, ids, prefixed=True),
    ]
