import json
import re
from typing import Any

from canaries import LETTERS, TRACE, episodes, headers, records, texts, words
from fakes import FakeRecord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import submitted_codes

from schemas.codes import CODE_CHARACTERS, normalise, read_diagnosis_code, read_procedure_code
from schemas.episode import Episode
from streams.records import Header
from streams.settings import Settings
from streams.validation.check import judge
from streams.validation.chunk_output import judge_chunk, next_row
from streams.validation.reading import read_episode
from streams.validation.routing import HEADER_NAMES, Routing
from streams.worker.metrics import Metrics

ROUTING = Routing("ipg12.episodes", 3, "ipg12")
SETTINGS = Settings()


def without_found(findings: list[dict[str, Any]], submitted: list[str]) -> str:
    """Give what findings say beside the codes found, which have to be submitted ones."""
    for finding in findings:
        found = finding.pop("found")
        assert found is None or (found in submitted and len(found) <= CODE_CHARACTERS)
    return json.dumps(findings)


def said(value: bytes | None, max_bytes: int, incoming: list[Header]) -> str:
    """Give all that is said of a record, but what the contract lets quote it."""
    verdict = judge(value, max_bytes)
    read = read_episode(value, max_bytes)
    submitted: list[str] = []
    if isinstance(read, Episode):
        submitted = submitted_codes(read.procedures) + submitted_codes(read.diagnoses)
    key, answer = ROUTING.verdict(verdict, 7)
    told = json.loads(answer)
    episode_id, provider_code = told.pop("episode_id"), told.pop("provider_code")
    assert (episode_id, provider_code) == (read.episode_id, read.provider_code)
    assert (key or b"").decode() == (provider_code or "")
    shown = {read_procedure_code(code).shown for code in submitted}
    shown |= {read_diagnosis_code(code).shown for code in submitted}
    assert {*(told.pop("procedures") or ()), *(told.pop("diagnoses") or ())} <= shown
    for code in told.pop("proposed") or ():
        spelt = {normalise(each) for each in submitted}
        shortened = {each[:4] for each in spelt}
        assert normalise(code) in spelt | shortened | {"V559", "Y539", "Y689"}
    headers = dict(ROUTING.headers(verdict, 7, incoming)).items()
    ours = {name: (value or b"").decode() for name, value in headers if name in HEADER_NAMES}
    findings = json.loads(ours.pop("ipg12-findings", "[]"))
    quoted = without_found(findings, submitted) + without_found(told.pop("findings"), submitted)
    return json.dumps([told, ours]) + quoted


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.none() | records, headers, st.sampled_from([10, 200, 2_000, 1_048_576]))
def test_nothing_of_a_record_is_said_but_its_identity_and_the_codes_found(
    value: bytes | None, incoming: list[Header], max_bytes: int
) -> None:
    assert TRACE.findall(said(value, max_bytes, incoming)) == []


@given(st.lists(records, min_size=1, max_size=5), headers)
def test_neither_the_ledger_nor_the_metrics_say_anything_of_a_record(
    values: list[bytes], incoming: list[Header]
) -> None:
    chunk = [
        FakeRecord(offset, value, key=value, headers=incoming, timestamp=None)
        for offset, value in enumerate(values)
    ]
    output = judge_chunk(chunk, ROUTING)
    metrics = Metrics()
    metrics.committed(output, chunk, 0.001)
    assert TRACE.findall(next_row(None, output).model_dump_json()) == []
    assert LETTERS.findall(metrics.exposition().decode()) == []


@given(texts)
def test_canaries_are_in_the_records_in_which_they_are_looked_for(text: str) -> None:
    fields = re.sub(r"\\u00(..)", lambda found: chr(int(found[1], 16)), text)
    assert TRACE.search(fields) or len(text) < 200


@given(episodes, words)
def test_a_code_that_is_none_is_quoted_where_it_was_found_and_nowhere_else(
    fields: dict[str, Any], word: str
) -> None:
    code = f"V444{word[0]}"
    fields = {**fields, "procedures": [code], "diagnoses": ["M80.58", word]}
    verdict = judge(json.dumps(fields).encode())
    assert {finding.found for finding in verdict.findings} == {code, word}
    fixes = [finding.fix for finding in verdict.findings if finding.fix]
    assert [fix.anchor for fix in fixes] == ["procedures[0].code"] * 3
    assert all(code not in fix.text for fix in fixes)
