"""What holds for every record, whatever its bytes; the fuzzer and its corpus both ask it."""

import json
from collections.abc import Hashable
from functools import cache

from jsonschema import Draft202012Validator
from pydantic_core import to_json
from strategies import DIAGNOSES, PROCEDURES

from schemas.export import json_schemas
from schemas.verdict import Outcome, Verdict
from streams.records import Header
from streams.validation.check import OutOfScopeEpisode, judge, judge_in_scope
from streams.validation.reading.hints import HINTS
from streams.validation.routing import HEADER_NAMES, MAX_FINDINGS_BYTES, Routing
from streams.validation.rules import RULES

MAX_BYTES = 3_000
"""Size above which a record is too large here, so that short inputs come to that too."""

MAX_MESSAGE_BYTES = 4_096
MAX_CODES = 20
OFFSET = 7

CODES = b"\x00"
"""Begins an input whose bytes are codes: an episode whatever they are."""
TOKENS = b"\x01"
"""Begins an input whose bytes are pieces of JSON."""

PIECES = (
    *('{"episode_id":"E1","provider_code":"r0a","procedures":[', '],"diagnoses":[', '"]}', "]}"),
    *('"episode_id":', '"provider_code":', '"procedures":', '"diagnoses":', '"code":', '"date":'),
    *('"spell_id":', '"episode_number":', '"start_date":', '"end_date":', '"c\\u006fde":'),
    *("{", "}", "[", "]", ",", ":", '"', "\\", " ", "\n", "null", "true", "NaN", "-Infinity"),
    *('"V44.4"', '"v446"', '"V55.1"', '"Y53.4"', '"Z66.5"', '"V444X"', '"M80.58"', '"W19"', '""'),
    *('"2026-01-31"', '"R0A"', "0", "-1", "1.5", "1e400", "9" * 30, "9" * 4300, "9" * 4301),
    *('"position":', '"withdrawn":true,', '{"schema":0,"payload":', '{"specversion":0,"data":'),
    *(
        '{"op":"d","before":',
        '{"op":"c","after":',
        '"diags":',
        '"EPISODE_ID":',
        "\x00\x00\x00\x00\x07",
    ),
    *("\\ud83d\\ude00", "\\ud800", "\\u0000", "é", "\ufeff", "\u017f", "٣", "[" * 201, "]" * 201),
)
OTHERS: tuple[Header, ...] = (("trace", b"1"), ("ipg12-outcome", b"theirs"), ("none", None))

_origin = Routing("ipg12.episodes", 3, "ipg12")
_described: set[Hashable] = set()
"""Shapes of verdict that have been held against the JSON Schema: once each, for it is slow."""
_rules = {rule.code for rule in RULES}
_hints = {None, *(hint.text for hint in HINTS)}


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(json_schemas()["verdict.schema.json"]))


def record(data: bytes) -> bytes:
    """Give the record that an input stands for: mostly the input itself."""
    if data.startswith(CODES):
        procedures, _, diagnoses = data[1 : MAX_CODES + 1].partition(b"\xff")
        episode = {
            "episode_id": "E1",
            "provider_code": "R0A",
            "procedures": [PROCEDURES[each % len(PROCEDURES)] for each in procedures],
            "diagnoses": [DIAGNOSES[each % len(DIAGNOSES)] for each in diagnoses],
        }
        return json.dumps(episode).encode()
    if data.startswith(TOKENS):
        return "".join(PIECES[each % len(PIECES)] for each in data[1:]).encode()
    return data


def examine(data: bytes) -> Outcome:
    """Hold the verdict on an input, its answer and its headers against all that is promised."""
    value = record(data)
    verdict = judge(value, MAX_BYTES)
    key, answer = _origin.verdict(verdict, OFFSET)
    assert _origin.verdict(judge(value, MAX_BYTES), OFFSET) == (key, answer)
    assert key == (verdict.provider_code and verdict.provider_code.encode())
    assert verdict == (judged := judge_in_scope(value, MAX_BYTES)) or (
        verdict.outcome is Outcome.OUT_OF_SCOPE and isinstance(judged, OutOfScopeEpisode)
    )
    assert (verdict.rejection is not None) == (verdict.outcome is Outcome.DEAD_LETTER)
    assert _rules.issuperset(verdict.rules)
    assert verdict.rejection is None or verdict.rejection.hint in _hints
    broken = any(finding.severity == "error" for finding in verdict.findings)
    assert broken == (verdict.outcome is Outcome.NON_COMPLIANT)
    said = json.loads(answer)
    _examine_answer(verdict, answer, said)
    _examine_headers(verdict, said["findings"])
    return verdict.outcome


def _examine_answer(verdict: Verdict, answer: bytes, said: object) -> None:
    read = Verdict.model_validate_json(answer)
    assert to_json(read) == answer
    shape = (
        verdict.outcome,
        verdict.rejection and verdict.rejection.reason,
        frozenset((finding.rule, finding.fix is None) for finding in verdict.findings),
    )
    if shape not in _described:
        _schema().validate(said)
        _described.add(shape)


def _examine_headers(verdict: Verdict, findings: list[object]) -> None:
    headers = _origin.headers(verdict, OFFSET, OTHERS)
    assert [each for each in headers if each[0] not in HEADER_NAMES] == [OTHERS[0], OTHERS[2]]
    ours = {name: (value or b"").decode() for name, value in headers if name in HEADER_NAMES}
    assert len(ours) == len(headers) - 2
    assert ours["ipg12-outcome"] == verdict.outcome
    assert ours.get("ipg12-rules", "") == ",".join(verdict.rules)
    refused = verdict.outcome in {Outcome.NON_COMPLIANT, Outcome.DEAD_LETTER}
    assert ("__dlq.errors.message" in ours) == refused
    assert len(ours.get("__dlq.errors.message", "").encode()) <= MAX_MESSAGE_BYTES
    written = ours.get("ipg12-findings", "[]")
    assert len(written.encode()) <= MAX_FINDINGS_BYTES
    shown = json.loads(written)
    assert shown == findings[: len(shown)]
    assert bool(shown) == (verdict.outcome is Outcome.NON_COMPLIANT)
