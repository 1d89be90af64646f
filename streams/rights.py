"""What a user must be allowed at the brokers: for each command, no more than it needs."""

import shlex
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from streams.settings import Settings
from streams.topics import Topics, transactional_ids, wanted


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
    source, *written = (topic.name for topic in wanted(settings))
    if command is Command.WORKER:
        ids = transactional_ids(settings, source)
        return [
            *_on_topics(Operation.READ, source, topics.ledger),
            *_on_topics(Operation.WRITE, *written),
            Right(Operation.READ, Resource.GROUP, settings.group),
            Right(Operation.WRITE, Resource.TRANSACTIONAL_ID, ids, prefixed=True),
        ]
    if command is Command.PUBLISH:
        return _on_topics(Operation.WRITE, source)
    return [
        *_on_topics(Operation.DESCRIBE, source, *written),
        *_on_topics(Operation.CREATE, source, *written),
        *_on_topics(Operation.DESCRIBE_CONFIGS, *written),
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


def _on_topics(operation: Operation, *names: str) -> list[Right]:
    return [Right(operation, Resource.TOPIC, name) for name in names]
