from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from fuzz import target
from fuzz.target import CODES, MAX_BYTES, TOKENS, examine, record
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import DIAGNOSES, PROCEDURES, damaged_records, records, records_with_repeats

from schemas.rejection import Reason
from schemas.verdict import Outcome, Verdict
from streams.validation.check import judge
from streams.validation.rules import RULES

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
COMPLIANT = CODES + bytes(
    [*map(PROCEDURES.index, ("V44.4", "V55.1", "Y53.4", "Z66.5")), 0xFF, DIAGNOSES.index("M80.58")]
)


def test_the_corpus_is_small_and_meets_every_outcome_every_reason_and_every_rule() -> None:
    inputs = [path.read_bytes() for path in CORPUS]
    verdicts = [judge(record(each), MAX_BYTES) for each in inputs]
    assert len(inputs) < 200
    assert sum(map(len, inputs)) < 200_000
    assert {verdict.outcome for verdict in verdicts} == set(Outcome)
    reasons = {verdict.rejection.reason for verdict in verdicts if verdict.rejection}
    assert reasons == set(Reason)
    assert {rule for verdict in verdicts for rule in verdict.rules} == {rule.code for rule in RULES}


def test_all_promises_hold_for_every_input_of_the_corpus() -> None:
    outcomes = Counter(examine(path.read_bytes()) for path in CORPUS)
    assert outcomes.total() == len(CORPUS)


@given(st.binary(max_size=400) | records | damaged_records | records_with_repeats)
def test_all_promises_hold_for_any_bytes(data: bytes) -> None:
    assert examine(data) in Outcome


@given(st.binary(max_size=60).map(CODES.__add__))
def test_all_promises_hold_for_any_codes(data: bytes) -> None:
    assert examine(data) is not Outcome.DEAD_LETTER


@settings(max_examples=300)
@given(st.binary(max_size=60).map(TOKENS.__add__))
def test_all_promises_hold_for_any_pieces_of_json(data: bytes) -> None:
    assert examine(data) in Outcome


def broken(verdict: Verdict, **changes: object) -> Verdict:
    return verdict.model_copy(update=changes)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": Outcome.NON_COMPLIANT},
        {"outcome": Outcome.DEAD_LETTER},
        {"outcome": "lost"},
        {"provider_code": 7},
        {"ruleset": None},
        {"proposed": ["V44.4", None]},
    ],
    ids=str,
)
def test_a_promise_that_is_not_kept_is_noticed(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    assert examine(COMPLIANT) is Outcome.COMPLIANT
    monkeypatch.setattr(target, "judge", lambda *_: broken(judge(record(COMPLIANT)), **change))
    with pytest.raises((AssertionError, ValueError, AttributeError, KeyError)):
        examine(COMPLIANT)


def test_a_verdict_that_changes_from_one_time_to_the_next_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = count()
    monkeypatch.setattr(
        target, "judge", lambda *_: broken(judge(record(COMPLIANT)), episode_id=f"E{next(times)}")
    )
    with pytest.raises(AssertionError):
        examine(COMPLIANT)
