"""What holds of reading for any value, however it came to be."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import (
    damaged_records,
    json_values,
    near_episodes,
    procedure_codes,
    records,
    records_with_repeats,
)

from schemas.codes import read_procedure_code
from schemas.episode import Episode, Withdrawal
from schemas.rejection import Rejection
from schemas.verdict import Outcome
from streams.validation.check import OutOfScopeEpisode, judge, judge_in_scope
from streams.validation.reading import read_episode
from streams.validation.reading.clean import read_clean
from streams.validation.reading.closely import read_closely
from streams.validation.reading.hints import HINTS

HEADS = [b"", b"\x00\x00\x00\x00\x07", b"\xef\xbb\xbf", b"<", b"MSH|", b"%PDF-", b'"', b"[", b"E,"]
any_bytes = (
    records
    | damaged_records
    | records_with_repeats
    | st.builds(bytes.__add__, st.sampled_from(HEADS), records)
)
details = (
    st.none() | st.integers(-1, 3) | st.sampled_from(["1", "2026-01-31", "soon", "1800-01-01"])
)
whole_entries = st.fixed_dictionaries(
    {"code": procedure_codes | st.sampled_from(["V44.4", "-", "X999"])},
    optional={"date": details, "position": details},
)
lists_of_entries = st.lists(st.none() | procedure_codes | whole_entries, max_size=4)
nearly_clean = st.fixed_dictionaries(
    {"episode_id": st.just("E1") | st.integers(), "provider_code": st.just(" r0a00 ")},
    optional={
        "procedures": st.none() | whole_entries | lists_of_entries,
        "diagnoses": st.none() | whole_entries | lists_of_entries,
        "diags": st.none() | lists_of_entries,
        "withdrawn": st.booleans() | details,
        "spell_id": details,
        "episode_number": details,
        "start_date": details,
        "end_date": details,
    },
)
keys = st.none() | st.binary(max_size=20) | st.just(b"R0A/E1")


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


@given(any_bytes, keys)
def test_any_bytes_are_read_the_same_every_time(value: bytes, key: bytes) -> None:
    assert read_episode(value, key=key) == read_episode(value, key=key)
    assert read_episode(None, key=key) == read_episode(None, key=key)


@given(any_bytes)
def test_a_dead_letter_names_one_to_twenty_faults_and_a_hint_that_is_known(value: bytes) -> None:
    rejection = judge(value).rejection
    assert rejection is None or 1 <= len(rejection.errors) <= 20
    assert rejection is None or rejection.hint in {None, *(hint.text for hint in HINTS)}


@given(near_episodes)
def test_for_every_fault_of_a_field_there_is_advice(value: object) -> None:
    rejection = judge(encoded(value)).rejection
    messages = [fault.message for fault in rejection.errors] if rejection else []
    assert "is not valid" not in messages


@given(json_values | near_episodes)
def test_only_an_object_that_is_identified_is_read(value: object) -> None:
    identified = isinstance(value, dict) and {"episode_id", "provider_code"} <= value.keys()
    assert identified or isinstance(read_episode(encoded(value)), Rejection)


@given(near_episodes | nearly_clean)
def test_what_the_model_refuses_is_refused_with_a_fault_unless_nobody_needs_it(
    value: object,
) -> None:
    try:
        Episode.model_validate_json(encoded(value))
    except ValidationError:
        read = read_episode(encoded(value))
        assert isinstance(read, Withdrawal) or (
            bool(read.errors)
            if isinstance(read, Rejection)
            else "diagnoses" in [remark.place for remark in read.remarks]
        )


@settings(max_examples=200)
@given(nearly_clean | near_episodes)
def test_looking_closely_finds_what_is_read_in_one_go(value: object) -> None:
    clean = read_clean(encoded(value))
    assert clean is None or clean == read_closely(encoded(value), None)


@given(records_with_repeats | damaged_records)
def test_looking_closely_finds_what_is_read_in_one_go_from_any_bytes(value: bytes) -> None:
    clean = read_clean(value)
    assert clean is None or clean == read_closely(value, None)


@given((nearly_clean | near_episodes).map(encoded) | any_bytes)
def test_the_first_stage_decides_as_the_whole_reading_does(value: bytes) -> None:
    verdict, decided = judge(value), judge_in_scope(value)
    if isinstance(decided, OutOfScopeEpisode):
        malformed = [read_procedure_code(code).malformed for code in verdict.procedures or ()]
        assert (verdict.outcome, sum(malformed)) == (Outcome.OUT_OF_SCOPE, decided.unreadable)
    else:
        assert decided == verdict


@given(nearly_clean)
def test_every_remark_is_made_of_something_that_was_sent(value: dict[str, object]) -> None:
    read = read_episode(encoded(value))
    for remark in read.remarks if isinstance(read, Episode) else ():
        found: object = value
        for step in re.findall(r"\w+", remark.place):
            listed = found if isinstance(found, list) else [found]
            found = listed[int(step)] if step.isdecimal() else dict_of(found).get(step)
        assert found is not None or remark.place == "diagnoses"


def dict_of(found: object) -> dict[str, object]:
    assert isinstance(found, dict)
    return found


@given(nearly_clean, st.permutations(["episode_id", "provider_code", "procedures", "diagnoses"]))
def test_the_order_of_the_fields_changes_nothing(
    value: dict[str, object], order: list[str]
) -> None:
    turned = {name: value[name] for name in order if name in value} | value
    assert read_episode(encoded(turned)) == read_episode(encoded(value))


@pytest.mark.parametrize("depth", [1, 100, 199])
def test_nesting_in_a_field_that_nobody_reads_is_read_as_deep_as_the_parser_goes(
    depth: int,
) -> None:
    nested = b'{"episode_id":"E1","provider_code":"R0A","x":' + b"[" * depth + b"]" * depth + b"}"
    assert isinstance(read_episode(nested), Episode)
