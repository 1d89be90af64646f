import json

import pytest

from schemas.rejection import Fault, Reason, Rejection
from schemas.verdict import RULESET, Outcome, Verdict
from streams.records import Header
from streams.validation.check import check, judge, refuse
from streams.validation.routing import HEADER_NAMES, MAX_FINDINGS_BYTES, Routing
from streams.validation.rule import coded

ROUTING = Routing("ipg12.episodes", 3, "ipg12", echo={"trace", "ce_id"})
COMPLIANT = check(coded("V44.4 V55.1 Y53.4 Z66.5"))
WARNED = check(coded("V44.4 V55.9 Y53.4 Z66.9"))
NON_COMPLIANT = check(coded("Y53.4 V44.4 V55 Z66 V44.4 V55.1 Y53.4 Z66.5"))
DEAD_LETTER = refuse(
    Rejection(
        reason=Reason.NOT_AN_EPISODE,
        errors=(
            Fault(place="procedures", message="should be a list"),
            Fault(place="provider_code", message="is required"),
        ),
        hint="several episodes? send one record for each",
    )
)
WITHDRAWN = judge(None, key=b"R0A/E1")

ALWAYS = {"ipg12-outcome", "ipg12-ruleset", "ipg12-source"}
REFUSED = {
    "__dlq.errors.topic",
    "__dlq.errors.partition",
    "__dlq.errors.offset",
    "__dlq.errors.group",
    "__dlq.errors.message",
    "kafka_dlt-original-topic",
}


def added(verdict: Verdict) -> dict[str, str]:
    headers = ROUTING.headers(verdict, 41, [])
    assert len({name for name, _ in headers}) == len(headers)
    return {name: (value or b"").decode() for name, value in headers}


@pytest.mark.parametrize(
    "verdict,names",
    [
        pytest.param(COMPLIANT, ALWAYS, id="compliant"),
        pytest.param(WARNED, ALWAYS | {"ipg12-rules"}, id="compliant with findings"),
        pytest.param(
            NON_COMPLIANT, ALWAYS | REFUSED | {"ipg12-rules", "ipg12-findings"}, id="non-compliant"
        ),
        pytest.param(DEAD_LETTER, ALWAYS | REFUSED, id="dead letter"),
        pytest.param(WITHDRAWN, ALWAYS, id="withdrawn"),
    ],
)
def test_an_output_record_has_the_headers_of_its_outcome(verdict: Verdict, names: set[str]) -> None:
    headers = added(verdict)
    assert set(headers) == names
    assert headers["ipg12-outcome"] == verdict.outcome.value
    assert headers["ipg12-ruleset"] == RULESET
    assert headers["ipg12-source"] == "ipg12.episodes/3/41"


def test_the_examples_have_the_outcomes_they_stand_for() -> None:
    verdicts = (COMPLIANT, WARNED, NON_COMPLIANT, DEAD_LETTER, WITHDRAWN)
    assert [verdict.outcome for verdict in verdicts] == [
        Outcome.COMPLIANT,
        Outcome.COMPLIANT,
        Outcome.NON_COMPLIANT,
        Outcome.DEAD_LETTER,
        Outcome.WITHDRAWN,
    ]


def test_every_header_that_is_added_is_one_that_is_ours() -> None:
    assert set(added(NON_COMPLIANT)) | {"ipg12-unreadable"} == HEADER_NAMES


def test_an_episode_out_of_scope_says_how_many_procedures_are_malformed() -> None:
    plain, hiding = (ROUTING.out_of_scope(malformed, 41, []) for malformed in (0, 12))
    assert {name for name, _ in plain} == ALWAYS
    assert ("ipg12-outcome", b"out-of-scope") in plain
    assert hiding == [*plain, ("ipg12-unreadable", b"12")]


def test_rules_are_named_once_each_in_the_order_of_the_findings() -> None:
    assert added(NON_COMPLIANT)["ipg12-rules"] == "PX02,PX03,PX07"
    assert [finding.rule for finding in NON_COMPLIANT.findings].count("PX03") == 2


def test_a_refused_record_says_where_it_came_from() -> None:
    headers = added(DEAD_LETTER)
    assert headers["__dlq.errors.topic"] == "ipg12.episodes"
    assert headers["kafka_dlt-original-topic"] == "ipg12.episodes"
    assert headers["__dlq.errors.partition"] == "3"
    assert headers["__dlq.errors.offset"] == "41"
    assert headers["__dlq.errors.group"] == "ipg12"


def test_the_message_names_rules_or_the_reason_the_places_and_the_hint() -> None:
    assert added(NON_COMPLIANT)["__dlq.errors.message"] == "breaks PX02, PX03, PX07"
    assert added(DEAD_LETTER)["__dlq.errors.message"] == (
        "not-an-episode: procedures should be a list; provider_code is required; "
        "several episodes? send one record for each"
    )
    assert added(judge(b""))["__dlq.errors.message"].startswith("not-json: line ")


def test_headers_that_came_in_pass_through_in_order_but_for_those_that_are_ours() -> None:
    incoming: list[Header] = [
        ("trace", b"1"),
        *((name, b"forged") for name in sorted(HEADER_NAMES)),
        ("trace", b"\xff"),
        ("IPG12-outcome", b"another name"),
    ]
    headers = ROUTING.headers(COMPLIANT, 41, incoming)
    assert headers[:3] == [("trace", b"1"), ("trace", b"\xff"), ("IPG12-outcome", b"another name")]
    assert dict(headers[3:]) == dict(ROUTING.headers(COMPLIANT, 41, []))


def test_an_answer_echoes_the_headers_it_was_told_to_as_they_came_and_no_other() -> None:
    incoming: list[Header] = [
        ("trace", b"\xff"),
        ("kept-from-the-answer", b"1"),
        ("ipg12-rules", b"forged"),
        ("ce_id", None),
        ("trace", b"1"),
        ("Trace", b"another name"),
    ]
    assert ROUTING.verdict_headers(Outcome.COMPLIANT, 41, incoming) == [
        ("trace", b"\xff"),
        ("ce_id", None),
        ("trace", b"1"),
        ("ipg12-outcome", b"compliant"),
        ("ipg12-ruleset", RULESET.encode()),
        ("ipg12-source", b"ipg12.episodes/3/41"),
    ]


def test_records_do_not_share_the_list_of_their_headers() -> None:
    ROUTING.headers(DEAD_LETTER, 1, []).append(("stray", b""))
    assert "stray" not in dict(ROUTING.headers(DEAD_LETTER, 2, []))


def test_findings_stand_in_the_header_as_they_stand_in_the_verdict() -> None:
    written = json.loads(added(NON_COMPLIANT)["ipg12-findings"])
    assert written == json.loads(NON_COMPLIANT.model_dump_json())["findings"]


def test_of_many_findings_the_first_that_fit_into_16_kib_are_written() -> None:
    verdict = check(coded("V44.4 " * 200))
    header = added(verdict)["ipg12-findings"]
    written = json.loads(header)
    every = json.loads(verdict.model_dump_json())["findings"]
    assert written == every[: len(written)]
    following = json.dumps(every[len(written)], separators=(",", ":"))
    assert MAX_FINDINGS_BYTES == 16 * 1024
    assert len(header) <= MAX_FINDINGS_BYTES < len(header) + len(",") + len(following)


def test_findings_may_fill_the_header_to_the_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = added(NON_COMPLIANT)["ipg12-findings"]
    monkeypatch.setattr("streams.validation.routing.MAX_FINDINGS_BYTES", len(whole))
    assert added(NON_COMPLIANT)["ipg12-findings"] == whole
    monkeypatch.setattr("streams.validation.routing.MAX_FINDINGS_BYTES", len(whole) - 1)
    assert len(json.loads(added(NON_COMPLIANT)["ipg12-findings"])) == (
        len(NON_COMPLIANT.findings) - 1
    )


def test_an_answer_is_keyed_by_the_provider_and_says_where_its_record_stands() -> None:
    key, value = ROUTING.verdict(NON_COMPLIANT, 41)
    assert key == b"R0A"
    answer = json.loads(value)
    assert answer.pop("source") == {"topic": "ipg12.episodes", "partition": 3, "offset": 41}
    verdict = json.loads(NON_COMPLIANT.model_dump_json())
    del verdict["source"]
    assert answer == verdict


def test_an_answer_has_no_key_where_the_provider_is_unreadable() -> None:
    key, value = ROUTING.verdict(judge(b"{}"), 0)
    assert key is None
    assert json.loads(value)["provider_code"] is None
