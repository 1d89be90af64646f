"""schemas/asyncapi.yaml: valid, generated, complete, and with examples that are what happens."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from schemas.episode import Episode, Withdrawal
from schemas.verdict import Outcome, Verdict
from streams.cli.contract.document import FILE, as_yaml, document
from streams.kafka.topics import wanted
from streams.settings import Settings
from streams.validation.reading import read_episode
from streams.validation.routing import HEADER_NAMES

Node = dict[str, Any]

SCHEMA = Path(__file__).parent / "asyncapi/3.0.0.json"
SHA256 = "d4571a420e6ffb7fcc7066c95a6db1202f299a3c51daa103d0706bf30f95e626"
TEXT = FILE.read_text(encoding="utf-8")
DOCUMENT: Node = yaml.safe_load(TEXT)
MESSAGES: dict[str, Node] = DOCUMENT["components"]["messages"]
CHANNELS: dict[str, Node] = DOCUMENT["channels"]
EXAMPLES = [
    pytest.param(message, example, id=f"{name}-{number}")
    for name, message in MESSAGES.items()
    for number, example in enumerate(message.get("examples", ()))
]


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def resolve(reference: str) -> object:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def faults(schema: Node, value: object) -> list[str]:
    validator = Draft7Validator({"allOf": [schema], "components": DOCUMENT["components"]})
    return [f"{error.json_path} {error.message}" for error in validator.iter_errors(value)]


def test_the_document_in_the_package_is_that_of_the_code() -> None:
    assert as_yaml(document()) == TEXT


def test_the_command_writes_the_document(tmp_path: Path) -> None:
    target = tmp_path / "asyncapi.yaml"
    subprocess.run([sys.executable, "-m", "streams.cli.contract", target], check=True)
    assert target.read_text(encoding="utf-8") == TEXT


def test_the_schema_of_asyncapi_is_the_published_one() -> None:
    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() == SHA256


def test_the_document_is_valid_by_the_schema_of_asyncapi() -> None:
    schema = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [error.json_path for error in schema.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    "path,wrong",
    [
        (("channels", "episodes", "adress"), "episodes"),
        (("operations", "receive-episodes", "action"), "read"),
        (
            ("channels", "ledger", "bindings", "kafka", "topicConfiguration", "cleanup.policy"),
            "compact",
        ),
    ],
)
def test_the_schema_of_asyncapi_finds_a_mistake(path: tuple[str, ...], wrong: object) -> None:
    schema = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    spoilt = yaml.safe_load(TEXT)
    node = spoilt
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = wrong
    assert not schema.is_valid(spoilt)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolve(reference)


def test_every_component_is_used() -> None:
    used = set(references(DOCUMENT))
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in DOCUMENT["components"].items()
        for name in named
    }
    assert components - used == set()


def test_there_is_a_channel_for_every_topic_with_its_settings() -> None:
    prefix = DOCUMENT["components"]["parameters"]["prefix"]["default"]
    described = {
        channel["address"].replace("{prefix}", prefix): channel["bindings"]["kafka"][
            "topicConfiguration"
        ]
        for channel in CHANNELS.values()
    }
    assert {name: config["cleanup.policy"] for name, config in described.items()} == {
        topic.name: [topic.config["cleanup.policy"]] for topic in wanted(Settings())
    }
    assert {name: str(config["retention.ms"]) for name, config in described.items()} == {
        topic.name: topic.config["retention.ms"] for topic in wanted(Settings())
    }


def test_every_channel_has_an_operation_and_every_compacted_one_a_deletion() -> None:
    operated = {operation["channel"]["$ref"] for operation in DOCUMENT["operations"].values()}
    assert operated == {f"#/channels/{name}" for name in CHANNELS}
    compacted = {
        name
        for name, channel in CHANNELS.items()
        if channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] == ["compact"]
    }
    assert compacted == {name for name, each in CHANNELS.items() if "deletion" in each["messages"]}


@pytest.mark.parametrize("message,example", EXAMPLES)
def test_every_example_satisfies_the_schemas_of_its_message(message: Node, example: Node) -> None:
    assert faults(message["payload"], example["payload"]) == []
    assert faults(message.get("headers", {}), example.get("headers", {})) == []


def test_every_message_of_ours_has_an_example() -> None:
    foreign = {"hl7-v2", "fhir-r4", "cds-xml"}
    assert {name for name, message in MESSAGES.items() if "examples" not in message} == foreign


def test_the_examples_of_a_publisher_are_read_without_a_remark() -> None:
    for example in MESSAGES["episode"]["examples"]:
        read = read_episode(json.dumps(example["payload"]).encode())
        assert isinstance(read, Episode | Withdrawal)
        assert not isinstance(read, Episode) or read.remarks == ()


def test_the_headers_of_the_copies_are_all_that_are_reserved() -> None:
    described = {name for each in Outcome for name in MESSAGES[each]["headers"]["properties"]}
    assert described == HEADER_NAMES


def test_there_is_an_example_of_each_outcome_that_is_published() -> None:
    verdicts = [Verdict.model_validate(each["payload"]) for each in MESSAGES["verdict"]["examples"]]
    assert {each.outcome for each in verdicts} == set(Outcome) - {Outcome.OUT_OF_SCOPE}
    assert {
        each: MESSAGES[each]["examples"][0]["headers"]["ipg12-outcome"] for each in Outcome
    } == {each: each for each in Outcome}
