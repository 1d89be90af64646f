from collections import Counter
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import (
    PADDING,
    damaged_records,
    episode,
    episodes,
    procedure_codes,
    records,
    records_with_repeats,
    submitted_codes,
    vertebroplasty_episodes,
)

from schemas.codes import normalise, read_diagnosis_code, read_procedure_code
from schemas.episode import CodeEntry, Episode
from schemas.verdict import Outcome, Severity, Verdict
from streams.validation.check import check
from streams.validation.placed import read_procedures
from streams.validation.rule import Rule
from streams.validation.rules import RULES

SPELLINGS = [
    str.lower,
    str.upper,
    lambda code: f"  {code}\t",
    lambda code: code.replace(".", ""),
    lambda code: f"{code[:3]}.{code[3:]}" if "." not in code else code,
]
any_bytes = records | damaged_records | records_with_repeats


def gist(verdict: Verdict) -> tuple[Outcome, list[tuple[str, str, Severity]]]:
    return verdict.outcome, [(f.rule, f.place, f.severity) for f in verdict.findings]


def shown_procedure(code: str) -> str:
    return read_procedure_code(code).shown


def shown_diagnosis(code: str) -> str:
    return read_diagnosis_code(code).shown


def errors(verdict: Verdict) -> Counter[str]:
    return Counter(f.rule for f in verdict.findings if f.severity is Severity.ERROR)


def resolve(place: str, read: Episode) -> str | None:
    if place == "diagnoses":
        return None
    field, _, index = place.removesuffix("].code").partition("[")
    return submitted_codes(getattr(read, field))[int(index)]


def mended(read: Episode, verdict: Verdict) -> Verdict:
    """Check the proposed sequence; main codes keep their order, and so their dates."""
    assert verdict.proposed is not None
    days = [item.day for item in read_procedures(read) if item.code.main]
    entries: list[CodeEntry] = [
        {"code": code, "date": days.pop(0)} if read_procedure_code(code).main else code
        for code in verdict.proposed
    ]
    assert days == []
    return check(read.model_copy(update={"procedures": entries}))


@given(vertebroplasty_episodes)
def test_no_fix_is_left_to_propose_in_a_proposed_sequence(read: Episode) -> None:
    verdict = check(read)
    assume(verdict.proposed)
    after = mended(read, verdict)
    assert [f for f in after.findings if f.fix] == []
    assert after.proposed is None


@given(vertebroplasty_episodes)
def test_a_rule_that_proposed_fixes_is_broken_afterwards_only_as_often_as_it_had_none(
    read: Episode,
) -> None:
    verdict = check(read)
    assume(verdict.proposed)
    after = mended(read, verdict)
    for rule in {f.rule for f in verdict.findings if f.fix}:
        unmendable = sum(f.rule == rule and not f.fix for f in verdict.findings)
        assert sum(f.rule == rule for f in after.findings) == unmendable


@given(vertebroplasty_episodes)
def test_a_proposed_sequence_breaks_no_error_rule_more_often_than_before(read: Episode) -> None:
    verdict = check(read)
    assume(verdict.proposed)
    after = errors(mended(read, verdict))
    assert after <= errors(verdict)
    assert after.total() == verdict.remaining_errors


@given(vertebroplasty_episodes)
def test_a_proposed_sequence_keeps_every_code_but_those_replaced(read: Episode) -> None:
    verdict = check(read)
    assume(verdict.proposed)
    assert verdict.proposed is not None
    fixes = [(f, f.fix) for f in verdict.findings if f.fix]
    expected = Counter(normalise(item.submitted) for item in read_procedures(read))
    expected += Counter(normalise(fix.code) for _, fix in fixes if fix.action != "move")
    expected -= Counter(normalise(f.found or "") for f, fix in fixes if fix.action == "replace")
    assert Counter(normalise(code) for code in verdict.proposed) == expected


@given(episodes)
def test_a_sequence_is_proposed_exactly_where_a_finding_has_a_fix(read: Episode) -> None:
    verdict = check(read)
    assert (verdict.proposed is not None) == any(f.fix for f in verdict.findings)


@given(episodes, st.data())
def test_the_spelling_of_codes_changes_neither_outcome_nor_findings(
    read: Episode, data: st.DataObject
) -> None:
    def spelled(entry: CodeEntry) -> CodeEntry:
        if isinstance(entry, dict):
            return {**entry, "code": spelled_code(entry["code"] or "")}
        return spelled_code(entry or "")

    def spelled_code(code: str) -> str:
        return data.draw(st.sampled_from(SPELLINGS))(code) if code.isascii() else code

    lists = {field: [*map(spelled, getattr(read, field))] for field in ("procedures", "diagnoses")}
    assert gist(check(read.model_copy(update=lists))) == gist(check(read))


@given(episodes, st.permutations(RULES))
def test_the_order_of_the_rules_changes_nothing(read: Episode, rules: list[Rule]) -> None:
    assert check(read, rules) == check(read)


@given(episodes)
def test_every_place_resolves_to_the_code_that_was_found_there(read: Episode) -> None:
    for finding in check(read).findings:
        assert resolve(finding.place, read) == finding.found
        if finding.fix:
            assert resolve(finding.fix.anchor, read) is not None


@given(episodes)
def test_findings_are_sorted_by_place_and_rule_and_none_stands_twice(read: Episode) -> None:
    def rank(place: str) -> tuple[bool, int]:
        field, _, index = place.removesuffix("].code").partition("[")
        return field == "diagnoses", int(index or -1)

    keys = [(rank(f.place), f.rule) for f in check(read).findings]
    assert keys == sorted(set(keys))


@given(episodes)
def test_the_outcome_follows_from_scope_and_the_errors_found(read: Episode) -> None:
    verdict = check(read)
    codes = map(read_procedure_code, submitted_codes(read.procedures))
    if not any(code.vertebroplasty for code in codes):
        assert gist(verdict) == (Outcome.OUT_OF_SCOPE, [])
    elif errors(verdict):
        assert verdict.outcome is Outcome.NON_COMPLIANT
    else:
        assert verdict.outcome is Outcome.COMPLIANT


@given(st.lists(st.text(max_size=16) | procedure_codes, max_size=8), st.lists(st.text(max_size=16)))
def test_codes_of_any_text_get_the_same_verdict_every_time(
    procedures: list[str], diagnoses: list[str]
) -> None:
    read = episode(["V44.4", *procedures], diagnoses)
    assert check(read) == check(read)
    assert check(read).outcome in {Outcome.COMPLIANT, Outcome.NON_COMPLIANT}


@given(episodes, st.lists(st.tuples(st.integers(0, 20), st.sampled_from([*PADDING, None]))))
def test_empty_slots_anywhere_change_only_the_places(
    read: Episode, slots: list[tuple[int, str | None]]
) -> None:
    padded = {field: list(getattr(read, field)) for field in ("procedures", "diagnoses")}
    for index, slot in slots:
        padded["procedures"].insert(index, slot)
        padded["diagnoses"].insert(index, None if slot is None or len(slot) > 1 else slot)
    before, after = check(read), check(read.model_copy(update=padded))
    assert after.procedures == before.procedures
    assert after.proposed == before.proposed
    assert [(f.rule, f.at) for f in after.findings] == [(f.rule, f.at) for f in before.findings]


@given(episodes, st.randoms())
def test_positions_stand_for_the_order_of_the_list(read: Episode, random: Random) -> None:
    numbered: list[CodeEntry] = [
        {"code": item.submitted, "date": item.day, "position": 7 * item.at + 1}
        for item in read_procedures(read)
    ]
    random.shuffle(numbered)
    before, after = check(read), check(read.model_copy(update={"procedures": numbered}))
    assert after.procedures == before.procedures
    assert after.proposed == before.proposed
    assert {(f.rule, f.at) for f in after.findings} == {(f.rule, f.at) for f in before.findings}


@given(episodes)
def test_every_finding_points_at_a_code_of_the_verdicts_own_lists(read: Episode) -> None:
    verdict = check(read)
    for finding in verdict.findings:
        if finding.found is None:
            assert finding.at is None
        elif finding.place.startswith("procedures"):
            assert (verdict.procedures or ())[finding.at or 0] == shown_procedure(finding.found)
        else:
            assert (verdict.diagnoses or ())[finding.at or 0] == shown_diagnosis(finding.found)


@given(st.text(max_size=16) | procedure_codes)
def test_a_code_of_any_text_is_read_and_read_the_same_as_it_is_shown(code: str) -> None:
    procedure = read_procedure_code(code)
    assert read_procedure_code(procedure.shown) == procedure
    roles = (procedure.main, procedure.levels, procedure.method, procedure.site)
    assert sum((*roles, procedure.unreadable, procedure.empty)) == 1
    diagnosis = read_diagnosis_code(code)
    assert read_diagnosis_code(diagnosis.shown) == diagnosis
    assert sum((diagnosis.malformed, diagnosis.empty, bool(diagnosis.category))) == 1
