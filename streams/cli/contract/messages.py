"""The messages of the contract: keys, headers, payloads and examples."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.alert import Alert, AlertCommand, AlertEvent, AlertPosition, EpisodeRow
from schemas.episode import Episode
from schemas.ledger import LedgerRow
from schemas.verdict import RULESET, Outcome, Verdict
from streams.cli.contract.examples import COMPLIANT, NON_COMPLIANT, OUT_OF_SCOPE, WITHDRAWN, Example

Node = dict[str, Any]

BINDING: Final = "0.5.0"
"""Version of AsyncAPI's bindings for Kafka."""

_JSON: Final = "application/json"
_NULL: Final = {"type": "null"}
_TEXT: Final = {"type": "string"}
_FHIR: Final = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string", "enum": ["Bundle", "Claim"]}},
}

_ALERT_KEY: Final = "`RULE/PROVIDER`, such as `LV02/R0A`."
_SOURCE_KEY: Final = "`TOPIC/PARTITION` of the source, such as `ipg12.episodes/3`."
_EPISODE_KEY: Final = "`PROVIDER/EPISODE_ID`, such as `R0A/E1`."
_PROVIDER_KEY: Final = "ODS code of the provider, in capitals, such as `R0A`."
_PUBLISHERS_KEY: Final = (
    "The publisher's own. `PROVIDER/EPISODE_ID`, such as `R0A/E1`, keeps the versions of an "
    "episode in order."
)
_COPIED_KEY: Final = "The key of the record, as it came."

_RULES: Final = {"ipg12-rules": "Codes of the rules broken, each once, joined by commas."}
_MALFORMED: Final = {
    "ipg12-unreadable": "Number of procedures that are malformed or, if none was read, left out."
}
_ORIGIN: Final = {
    "__dlq.errors.topic": "Topic that the record was read from.",
    "__dlq.errors.partition": "Partition of that topic.",
    "__dlq.errors.group": "Consumer group of the worker.",
    "kafka_dlt-original-topic": "The same as `__dlq.errors.topic`.",
    "__dlq.errors.offset": "Offset of the record.",
    "__dlq.errors.message": "Rules broken, or reason, places and hint; never a value.",
}
_FINDINGS: Final = {"ipg12-findings": "The first findings that fit in 16 KiB, as a JSON array."}
_ALWAYS: Final[dict[Outcome, dict[str, str]]] = {
    Outcome.NON_COMPLIANT: _RULES | _ORIGIN | _FINDINGS,
    Outcome.DEAD_LETTER: _ORIGIN,
}
_SOMETIMES: Final[dict[Outcome, dict[str, str]]] = {
    Outcome.COMPLIANT: _RULES,
    Outcome.OUT_OF_SCOPE: _MALFORMED,
}


def schemas() -> Node:
    """Return the JSON Schemas of what is read and written, by name."""
    _, written = models_json_schema(
        [
            (Episode, "validation"),
            (AlertCommand, "validation"),
            (Verdict, "serialization"),
            (LedgerRow, "serialization"),
            (Alert, "serialization"),
            (AlertEvent, "serialization"),
            (AlertPosition, "serialization"),
            (EpisodeRow, "serialization"),
        ],
        ref_template="#/components/schemas/{model}",
    )
    return {name: each for name, each in written["$defs"].items() if not name.startswith("_")}


def messages(examples: Mapping[str, list[Example]]) -> Node:
    """Return every message by name; `examples` are those of each topic, by its short name."""
    published = [
        {"name": "in-scope", "payload": COMPLIANT},
        {"name": "with-dates", "payload": NON_COMPLIANT},
        {"name": "out-of-scope", "payload": OUT_OF_SCOPE},
        {"name": "taken-back", "payload": WITHDRAWN},
    ]
    null = [{"payload": None}]

    def row(model: type[BaseModel], topic: str, key: str, summary: str) -> Node:
        return _message(summary, key, _reference(model), _JSON, examples[topic])

    return {
        "episode": _message(
            "A coded hospital episode; with `withdrawn`, one that its publisher takes back.",
            _PUBLISHERS_KEY,
            _reference(Episode),
            _JSON,
            published,
        ),
        "null-value": _message(
            "The episode with this key is taken back.", _EPISODE_KEY, _NULL, None, null
        ),
        "hl7-v2": _message(
            "An episode as an HL7 v2 message.", _PUBLISHERS_KEY, _TEXT, "x-application/hl7-v2+er7"
        ),
        "fhir-r4": _message(
            "An episode as a FHIR R4 resource.", _PUBLISHERS_KEY, _FHIR, "application/fhir+json"
        ),
        "cds-xml": _message(
            "An episode as CDS XML 6-2 or 6-3.", _PUBLISHERS_KEY, _TEXT, "application/xml"
        ),
        **{outcome.value: _copy(outcome, examples[outcome]) for outcome in Outcome},
        "verdict": row(Verdict, "verdicts", _PROVIDER_KEY, "The answer to one record.")
        | {"headers": _headers(Outcome, {}, {})},
        "ledger-row": row(
            LedgerRow, "ledger", _SOURCE_KEY, "How far a partition is processed, and the counts."
        ),
        "alert": row(Alert, "alerts", _ALERT_KEY, "One rule broken at one provider, as it is now."),
        "alert-command": row(
            AlertCommand, "alert-commands", _PROVIDER_KEY, "A request to change an alert."
        ),
        "alert-event": row(
            AlertEvent, "alert-events", _ALERT_KEY, "A change to an alert, or a refused command."
        ),
        "worklist-row": row(
            EpisodeRow, "worklist", _EPISODE_KEY, "The latest verdict on an episode."
        ),
        "alert-position": row(
            AlertPosition, "alert-ledger", _SOURCE_KEY, "How far verdicts and commands are applied."
        ),
        "deletion": _message("The row with this key is deleted.", "Any.", _NULL, None, null),
    }


def _copy(outcome: Outcome, examples: list[Example]) -> Node:
    """Return the message that copies a record to the topic of its outcome."""
    payload = {"description": "The value of the record as it came, byte for byte."}
    headers = _headers([outcome], _ALWAYS.get(outcome, {}), _SOMETIMES.get(outcome, {}))
    copy = _message(f"A record whose outcome is {outcome}.", _COPIED_KEY, payload, None, examples)
    return copy | {"headers": headers}


def _message(
    summary: str,
    key: str,
    payload: Node,
    content_type: str | None,
    examples: Iterable[Example] = (),
) -> Node:
    node: Node = {"summary": summary, "payload": payload}
    if content_type:
        node["contentType"] = content_type
    schema = {"type": "string", "description": key}
    node["bindings"] = {"kafka": {"key": schema, "bindingVersion": BINDING}}
    if listed := list(examples):
        node["examples"] = listed
    return node


def _headers(
    outcomes: Iterable[Outcome], always: dict[str, str], sometimes: dict[str, str]
) -> Node:
    """Return the schema of the headers that ipg12 adds; others pass through."""
    added: dict[str, Node] = {
        "ipg12-outcome": {"enum": [outcome.value for outcome in outcomes]},
        "ipg12-ruleset": {"enum": [RULESET]},
        "ipg12-source": {"description": "`TOPIC/PARTITION/OFFSET` of the record."},
        **{name: {"description": text} for name, text in (always | sometimes).items()},
    }
    return {
        "type": "object",
        "properties": {name: {"type": "string", **schema} for name, schema in added.items()},
        "required": [name for name in added if name not in sometimes],
    }


def _reference(model: type[BaseModel]) -> Node:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
