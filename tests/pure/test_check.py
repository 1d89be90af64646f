import json

import pytest

from schemas.episode import CodedEntry
from schemas.rejection import Reason
from schemas.verdict import RULESET, Outcome
from streams.validation.check import check, judge
from streams.validation.rule import coded


def test_an_episode_without_a_finding_is_compliant_and_proposes_nothing() -> None:
    verdict = check(coded("V44.4 V55.1 Y53.4 Z66.5"))
    assert verdict.outcome is Outcome.COMPLIANT
    assert (verdict.findings, verdict.proposed, verdict.rejection) == ((), None, None)
    assert (verdict.episode_id, verdict.provider_code) == ("EXAMPLE", "R0A")
    assert (verdict.ruleset, verdict.source) == (RULESET, None)


def test_warnings_and_information_leave_an_episode_compliant() -> None:
    verdict = check(coded("V44.4 V55.9 Y53.4 Y53.9 Z66.5"))
    assert verdict.rules == ("PX05", "IC03")
    assert verdict.outcome is Outcome.COMPLIANT


@pytest.mark.parametrize("padding", [None, "", "   ", "-", "&", {"code": None}])
def test_a_row_of_an_extract_padded_to_24_procedures_and_20_diagnoses_has_no_finding(
    padding: object,
) -> None:
    row = {
        "episode_id": 500100200,
        "provider_code": "r0a00",
        "procedures": ["V444", padding, "V551", "Y534", "Z665", *[padding] * 18, "X998"],
        "diagnoses": ["M8058", *[padding] * 18, "I10X"],
    }
    verdict = judge(json.dumps(row).encode())
    assert (verdict.outcome, verdict.findings, verdict.remarks) == (Outcome.COMPLIANT, (), ())
    assert verdict.procedures == ("V44.4", "V55.1", "Y53.4", "Z66.5")
    assert (verdict.episode_id, verdict.provider_code) == ("500100200", "R0A")


def test_out_of_scope_no_rule_speaks_however_bad_the_episode() -> None:
    verdict = check(coded("Y53 banana V44.5 V55", "W19.0 banana"))
    assert verdict.outcome is Outcome.OUT_OF_SCOPE
    assert verdict.findings == ()
    assert (verdict.episode_id, verdict.provider_code) == ("EXAMPLE", "R0A")


def test_findings_are_ordered_by_place_and_rule_with_the_list_before_its_items() -> None:
    verdict = check(coded("Z66.5 V44.4 Y53 Z94.3 V44.6" + " V55.9" * 8, "W19.0 M4"))
    assert [(f.rule, f.place) for f in verdict.findings] == [
        ("PX02", "procedures[0].code"),
        ("LV01", "procedures[1].code"),
        ("PX03", "procedures[2].code"),
        ("IC01", "procedures[4].code"),
        ("PX01", "procedures[4].code"),
        ("ST01", "procedures[4].code"),
        ("PX05", "procedures[5].code"),
        *(
            (rule, f"procedures[{index}].code")
            for index in range(6, 13)
            for rule in ("LV03", "PX05")
        ),
        ("DX06", "diagnoses"),
        ("DX02", "diagnoses[0].code"),
        ("DX04", "diagnoses[1].code"),
    ]


def test_a_finding_carries_rule_place_what_was_found_and_the_fix() -> None:
    (finding,) = check(coded("v444 y534 v551 z665")).findings
    assert finding.model_dump(mode="json", exclude={"expected"}) == {
        "rule": "LV02",
        "name": "levels-not-second",
        "severity": "error",
        "place": "procedures[2].code",
        "at": 2,
        "found": "v551",
        "fix": {
            "action": "move",
            "code": "V55.1",
            "position": "after",
            "anchor": "procedures[0].code",
            "text": "Move V55.1 directly after V44.4.",
        },
    }


def test_a_finding_on_the_list_of_diagnoses_has_found_nothing() -> None:
    (finding,) = check(coded("V44.4 V55.1 Y53.4 Z66.5", "")).findings
    assert (finding.place, finding.found) == ("diagnoses", None)


def test_a_dated_code_is_judged_like_one_without_a_date() -> None:
    episode = coded("V44.4 Y53.4 V55.1 Z66.5", "banana")
    dated = episode.model_copy(
        update={
            field: [CodedEntry(code=code) for code in getattr(episode, field)]
            for field in ("procedures", "diagnoses")
        }
    )
    assert check(dated) == check(episode)


def test_the_verdict_on_the_bytes_is_the_verdict_on_the_episode() -> None:
    episode = coded("V44.4 Y53.4 Z84.6", "W19.0")
    assert judge(episode.model_dump_json().encode()) == check(episode)


@pytest.mark.parametrize(
    "value,reason,identity",
    [
        (None, Reason.NULL_VALUE, (None, None)),
        (b"", Reason.NOT_JSON, (None, None)),
        (b"[]", Reason.NOT_AN_EPISODE, (None, None)),
        (
            b'{"episode_id": "E1", "provider_code": "r0a", "procedures": 1}',
            Reason.NOT_AN_EPISODE,
            ("E1", "R0A"),
        ),
    ],
)
def test_a_record_that_is_no_episode_is_a_dead_letter_with_its_reason(
    value: bytes | None, reason: Reason, identity: tuple[str | None, str | None]
) -> None:
    verdict = judge(value)
    assert verdict.outcome is Outcome.DEAD_LETTER
    assert verdict.rejection is not None
    assert verdict.rejection.reason is reason
    assert (verdict.episode_id, verdict.provider_code) == identity
    assert (verdict.findings, verdict.proposed) == ((), None)


def test_the_largest_record_that_is_read_can_be_set() -> None:
    value = coded("V44.4 V55.1 Y53.4 Z66.5").model_dump_json().encode()
    assert judge(value, max_bytes=len(value)).outcome is Outcome.COMPLIANT
    assert judge(value, max_bytes=len(value) - 1).outcome is Outcome.DEAD_LETTER


def test_a_verdict_is_one_json_object_with_the_fields_of_the_contract() -> None:
    verdict = json.loads(check(coded("V44.4 Y53.4 Z66.5")).model_dump_json())
    assert list(verdict) == [
        *("episode_id", "provider_code", "outcome", "ruleset", "source"),
        *("format", "procedures", "diagnoses", "findings", "proposed", "remaining_errors"),
        *("remarks", "rejection"),
    ]
    assert set(verdict["findings"][0]) == {
        *("rule", "name", "severity", "place", "at", "found", "expected", "fix")
    }
