"""The AsyncAPI document: servers, channels and operations around the messages."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import schemas as shapes
from streams.cli.contract.examples import examples
from streams.cli.contract.messages import BINDING, Node, messages, schemas
from streams.kafka.topics import alerts_group, wanted, webhook_group
from streams.setting_types import SaslMechanism
from streams.settings import Settings

FILE: Final = Path(shapes.__file__).parent / "asyncapi.yaml"
"""The document in the package."""

_WORKER: Final = "worker"
_ALERTS: Final = "alerts"
_NOTIFIER: Final = "notifier"
_PEOPLE: Final = "people"
_PROCESSES: Final = {
    _WORKER: "`ipg12 worker`",
    _ALERTS: "`ipg12 alerts run`",
    _NOTIFIER: "`ipg12 alerts notify`",
    _PEOPLE: "`ipg12 dashboard`, and the commands that change alerts",
}
_SASL: Final = {
    SaslMechanism.PLAIN: "plain",
    SaslMechanism.SCRAM_SHA_256: "scramSha256",
    SaslMechanism.SCRAM_SHA_512: "scramSha512",
}


@dataclass(frozen=True, slots=True)
class _Channel:
    """A topic without its prefix: what it holds, who sends to it and who receives from it."""

    name: str
    description: str
    messages: tuple[str, ...]
    senders: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()


_COPY: Final = "Copies of records, each in the partition of its source: "
_CHANNELS: Final = (
    _Channel(
        "episodes",
        "Coded hospital episodes, from integration engines. Told apart by content, as "
        "docs/publishing.md and docs/formats.md describe; the envelopes of Schema Registry, Kafka "
        "Connect, Debezium and CloudEvents are opened. Keys and headers are the publisher's own.",
        ("episode", "null-value", "hl7-v2", "fhir-r4", "cds-xml"),
        receivers=(_WORKER,),
    ),
    _Channel(
        "compliant", f"{_COPY}in scope, without an error.", ("compliant",), senders=(_WORKER,)
    ),
    _Channel(
        "non-compliant",
        f"{_COPY}in scope, with at least one error.",
        ("non-compliant",),
        senders=(_WORKER,),
    ),
    _Channel(
        "out-of-scope",
        f"{_COPY}without a vertebroplasty. Not written with `IPG12_OUT_OF_SCOPE=count`.",
        ("out-of-scope",),
        senders=(_WORKER,),
    ),
    _Channel(
        "dead-letter",
        f"{_COPY}no episodes; and verdicts and commands that the alerts cannot read.",
        ("dead-letter",),
        senders=(_WORKER, _ALERTS),
    ),
    _Channel(
        "withdrawn", f"{_COPY}taken back by their publishers.", ("withdrawn",), senders=(_WORKER,)
    ),
    _Channel(
        "verdicts",
        "The answer to every record that is not out of scope, partitioned by its key.",
        ("verdict",),
        senders=(_WORKER,),
        receivers=(_ALERTS,),
    ),
    _Channel(
        "ledger",
        "One row for each source partition, in the transaction of the records that it counts.",
        ("ledger-row", "deletion"),
        senders=(_WORKER,),
        receivers=(_PEOPLE,),
    ),
    _Channel(
        "alerts",
        "Every alert as it is now.",
        ("alert", "deletion"),
        senders=(_ALERTS,),
        receivers=(_PEOPLE,),
    ),
    _Channel(
        "alert-commands",
        "Requests to change alerts, partitioned by key as the verdicts are.",
        ("alert-command",),
        senders=(_PEOPLE,),
        receivers=(_ALERTS,),
    ),
    _Channel(
        "alert-events",
        "The audit trail of the alerts.",
        ("alert-event",),
        senders=(_ALERTS,),
        receivers=(_NOTIFIER, _PEOPLE),
    ),
    _Channel(
        "worklist",
        "The latest verdict on every episode that was in scope.",
        ("worklist-row", "deletion"),
        senders=(_ALERTS,),
        receivers=(_PEOPLE,),
    ),
    _Channel(
        "alert-ledger",
        "How far verdicts and commands are applied to the alerts.",
        ("alert-position", "deletion"),
        senders=(_ALERTS,),
        receivers=(_PEOPLE,),
    ),
)


def document() -> Node:
    """Return the AsyncAPI document of every topic."""
    settings = Settings()
    prefix = settings.topic_prefix
    found = {topic.removeprefix(prefix): each for topic, each in examples().items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ipg12",
            "version": version("ipg12"),
            "description": "Checks coded hospital episodes against the coding recommendation of "
            "NICE's IPG12. Read with `isolation.level=read_committed`: each record is then seen "
            "exactly once.",
            "license": {"name": "MIT"},
            "tags": [{"name": name, "description": text} for name, text in _PROCESSES.items()],
        },
        "servers": _servers(settings),
        "channels": {channel.name: _channel(channel, settings) for channel in _CHANNELS},
        "operations": {
            f"{action}-{channel.name}": _operation(action, channel, processes, settings)
            for channel in _CHANNELS
            for action, processes in (("send", channel.senders), ("receive", channel.receivers))
            if processes
        },
        "components": {
            "messages": messages(found),
            "parameters": {"prefix": {"default": prefix, "description": "`IPG12_TOPIC_PREFIX`."}},
            "schemas": schemas(),
            "securitySchemes": {
                "certificate": {"type": "X509"},
                **{name: {"type": name} for name in _SASL.values()},
            },
            "serverVariables": {
                "broker": {
                    "default": settings.brokers,
                    "description": "`host:port` of a broker, as in `IPG12_BROKERS`.",
                }
            },
        },
    }


def as_yaml(node: Node) -> str:
    """Return a document as YAML, with a comment on where it comes from."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes again what occurs twice, and indents lists."""

        def ignore_aliases(self, _: object) -> bool:
            return True

        def increase_indent(self, flow: bool = False, *_: bool, **__: bool) -> None:  # noqa: FBT001, FBT002  # PyYAML's
            super().increase_indent(flow, indentless=False)

    text: str = yaml.dump(node, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"# Generated by `make docs`: python -m streams.cli.contract\n{text}"


def _servers(settings: Settings) -> Node:
    secure = ["certificate", *_SASL.values()]
    common: Node = {
        "host": "{broker}",
        "variables": {"broker": {"$ref": "#/components/serverVariables/broker"}},
    }
    return {
        "plaintext": {
            **common,
            "protocol": "kafka",
            "description": f"`IPG12_SECURITY_PROTOCOL={settings.security_protocol}`.",
        },
        "tls": {
            **common,
            "protocol": "kafka-secure",
            "description": "`IPG12_SECURITY_PROTOCOL=SSL` or `SASL_SSL`.",
            "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in secure],
        },
    }


def _channel(channel: _Channel, settings: Settings) -> Node:
    configs = {topic.name: topic.config for topic in wanted(settings)}
    return {
        "address": f"{{prefix}}{channel.name}",
        "description": channel.description,
        "parameters": {"prefix": {"$ref": "#/components/parameters/prefix"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in channel.messages},
        "bindings": {
            "kafka": {
                "topicConfiguration": _configuration(
                    configs[f"{settings.topic_prefix}{channel.name}"]
                ),
                "bindingVersion": BINDING,
            }
        },
    }


def _configuration(config: dict[str, str]) -> Node:
    """Return a topic's configuration with the types that the binding wants."""
    typed: dict[str, Any] = dict(config)
    typed["cleanup.policy"] = config["cleanup.policy"].split(",")
    for name in {"retention.ms", "max.message.bytes"} & config.keys():
        typed[name] = int(config[name])
    return typed


def _operation(
    action: str, channel: _Channel, processes: tuple[str, ...], settings: Settings
) -> Node:
    node: Node = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "tags": [{"name": process} for process in processes],
    }
    groups = {
        _WORKER: settings.group,
        _ALERTS: alerts_group(settings),
        _NOTIFIER: webhook_group(settings),
    }
    if action == "receive" and (found := [groups[each] for each in processes if each in groups]):
        group = {"type": "string", "default": found[0]}
        node["bindings"] = {"kafka": {"groupId": group, "bindingVersion": BINDING}}
    return node
