"""The API answers as its OpenAPI document says, whatever the request."""

import json
import re
from typing import Any

import pytest
import schemathesis
from dashboard.scenes import busy_scene
from dashboard.serving import OPEN, TOKEN
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

SCENE = busy_scene(OPEN)
APP = SCENE.dashboard()
API = schemathesis.openapi.from_asgi("/api/openapi.json", APP, headers={"Host": "localhost"})
BEARER = {"Authorization": f"Bearer {TOKEN}"}

answering = API.exclude(path="/api/changes")  # it never ends


@answering.parametrize()
@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_answer_is_one_that_the_document_describes(case: schemathesis.Case[Any]) -> None:
    excluded: list[schemathesis.CheckFunction] = []
    if case.path == "/api/check":
        excluded.append(negative_data_rejection)
    case.call_and_validate(
        base_url="http://localhost", headers=BEARER, excluded_checks=excluded
    )  # a check answers with a verdict whatever it is given: that of a dead letter


@pytest.mark.parametrize("field", ["summary", "operationId"])
def test_the_document_describes_every_operation_and_every_field(field: str) -> None:
    document = APP.openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation[field]
            assert operation["description"]
    undescribed = [
        f"{name}.{key}"
        for name, schema in document["components"]["schemas"].items()
        for key, member in schema.get("properties", {}).items()
        if not _described(member)
    ]
    assert undescribed == []


def _described(member: dict[str, Any]) -> bool:
    return "description" in member or "$ref" in member


def test_everything_that_the_document_refers_to_is_in_it() -> None:
    document = APP.openapi()
    referred = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(document)))
    assert '"$ref": "#/$defs' not in json.dumps(document)
    assert referred <= set(document["components"]["schemas"])
    assert "Episode" in referred
