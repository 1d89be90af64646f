"""Rights as the printed commands give them, put on a cluster and taken off again."""

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from broker.waiting import wait_until
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

SECONDS = 10

_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}
_RESOURCES = {
    "--topic": ResourceType.TOPIC,
    "--group": ResourceType.GROUP,
    "--transactional-id": ResourceType.TRANSACTIONAL_ID,
}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefixed": ResourcePatternType.PREFIXED}


def bindings(command: str) -> list[AclBinding]:
    """Read a command as kafka-acls.sh would; what it does not know is an error."""
    program, *words = shlex.split(command)
    assert program == "kafka-acls.sh"
    words.remove("--add")
    options = list(zip(words[::2], words[1::2], strict=True))
    given = {name: value for name, value in options if name not in _RESOURCES}
    assert given.keys() - {"--command-config", "--resource-pattern-type"} == {
        "--bootstrap-server",
        "--allow-principal",
        "--operation",
    }
    return [
        AclBinding(
            _RESOURCES[option],
            name,
            _PATTERNS[given.get("--resource-pattern-type", "literal")],
            given["--allow-principal"],
            "*",
            _OPERATIONS[given["--operation"]],
            AclPermissionType.ALLOW,
        )
        for option, name in options
        if option in _RESOURCES
    ]


def grant(admin: AdminClient, commands: Iterable[str]) -> list[AclBinding]:
    """Give the rights of printed commands; they hold once this returns."""
    rights = [right for command in commands for right in bindings(command)]
    for future in admin.create_acls(rights).values():
        future.result(SECONDS)
    wait_until(lambda: set(rights) <= _held(admin), "the rights were given", SECONDS)
    return rights


def withdraw(admin: AdminClient, rights: Sequence[AclBinding]) -> None:
    """Take rights away; they are gone once this returns."""
    filters = [
        AclBindingFilter(
            right.restype,
            right.name,
            right.resource_pattern_type,
            right.principal,
            right.host,
            right.operation,
            right.permission_type,
        )
        for right in rights
    ]
    for future in admin.delete_acls(filters).values():
        assert len(future.result(SECONDS)) == 1
    wait_until(lambda: not set(rights) & _held(admin), "the rights were gone", SECONDS)


def _held(admin: AdminClient) -> set[AclBinding]:
    unnamed: Any = None  # which confluent-kafka takes, but not its types
    anything = AclBindingFilter(
        ResourceType.ANY,
        unnamed,
        ResourcePatternType.ANY,
        unnamed,
        unnamed,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    return set(admin.describe_acls(anything).result(SECONDS))
