import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.alert import AlertPosition
from schemas.export import DIRECTORY, json_schemas
from schemas.ledger import LedgerRow
from streams.validation.check import judge


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, field in model.get("properties", {}).items():
            yield model["title"], name, field


def test_the_schemas_in_the_package_are_those_of_the_models() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in DIRECTORY.iterdir()}
    assert written == json_schemas()


def test_the_export_command_writes_every_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["export", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "schemas.export")
    runpy.run_module("schemas.export", run_name="__main__")
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written == json_schemas()


@pytest.mark.parametrize(
    "schema",
    [
        *map(json.loads, json_schemas().values()),
        LedgerRow.model_json_schema(),
        AlertPosition.model_json_schema(),
    ],
    ids=lambda schema: schema["title"],
)
def test_a_schema_is_valid_itself_and_describes_every_field(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    undescribed = [
        (model, field) for model, field, text in fields(schema) if not text.get("description")
    ]
    assert undescribed == []


def test_a_verdict_says_what_identifies_a_refused_record_once() -> None:
    verdict = json.loads(
        judge(b'{"episode_id": "E1", "provider_code": "r0a", "procedures": 1}').model_dump_json()
    )
    assert (verdict["episode_id"], verdict["provider_code"]) == ("E1", "R0A")
    assert set(verdict["rejection"]) == {"reason", "hint", "errors"}


def test_a_verdict_of_a_dead_letter_satisfies_the_schema() -> None:
    schema = Draft202012Validator(json.loads(json_schemas()["verdict.schema.json"]))
    verdict = json.loads(judge(None).model_dump_json())
    assert list(schema.iter_errors(verdict)) == []


def test_the_schema_allows_a_verdict_no_other_outcome() -> None:
    schema = Draft202012Validator(json.loads(json_schemas()["verdict.schema.json"]))
    verdict = json.loads(judge(None).model_dump_json()) | {"outcome": "perhaps"}
    assert [list(error.path) for error in schema.iter_errors(verdict)] == [["outcome"]]
