from hypothesis import given
from hypothesis import strategies as st
from strategies import vertebroplasty_episodes

from schemas.alert import EpisodeRow
from schemas.codes import read_diagnosis_code, read_procedure_code
from schemas.episode import Episode
from streams.marks import (
    DIAGNOSES,
    PROCEDURES,
    changed,
    field,
    mark,
    new_codes,
    position,
    remaining,
)
from streams.validation.check import check
from streams.validation.rule import coded


@given(vertebroplasty_episodes)
def test_every_finding_at_a_code_is_marked_at_that_code_and_nowhere_else(read: Episode) -> None:
    verdict = check(read)
    marked = [
        (name, code, finding)
        for name, codes in ((PROCEDURES, verdict.procedures), (DIAGNOSES, verdict.diagnoses))
        for code, found in mark(name, codes or (), verdict.findings)
        for finding in found
    ]
    assert sorted(finding.place for _, _, finding in marked) == sorted(
        finding.place for finding in verdict.findings if finding.found is not None
    )
    for name, code, finding in marked:
        read_code = read_procedure_code if name == PROCEDURES else read_diagnosis_code
        assert field(finding) == name
        assert code == read_code(finding.found or "").shown


@given(vertebroplasty_episodes)
def test_what_is_not_new_in_a_proposal_stood_in_the_episode_in_that_order(read: Episode) -> None:
    verdict = check(read)
    new = new_codes(verdict)
    coded_before = iter(verdict.procedures or ())
    kept = [code for index, code in enumerate(verdict.proposed or ()) if index not in new]
    assert all(code in coded_before for code in kept)
    assert bool(new) == bool(verdict.proposed)
    assert len(new) <= sum(finding.fix is not None for finding in verdict.findings)


def test_a_code_put_in_or_moved_is_all_that_is_new() -> None:
    assert new_codes(check(coded("V44.4 V55.1 Z66.5"))) == {2}
    assert new_codes(check(coded("V44.4 Y53.4 V55.1 Z66.5"))) == {1}
    codes_not_kept = check(coded("V44.4 Z66.5")).model_copy(update={"procedures": None})
    assert new_codes(codes_not_kept) == set()


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_what_has_not_changed_stood_there_before_in_the_same_order(
    before: list[str], after: list[str]
) -> None:
    new = changed(before, after)
    kept = iter(before)
    assert all(code in kept for index, code in enumerate(after) if index not in new)


def test_what_remains_of_an_episode_on_the_worklist_are_the_errors_that_are_not_waived() -> None:
    verdict = check(coded("V44.4 Y53.4 V55.1"))
    row = EpisodeRow(
        provider="R0A",
        episode_id="E1",
        timestamp=0,
        source=None,
        **verdict.model_dump(include={"outcome", "findings", "proposed", "procedures"}),
    )
    assert remaining(verdict) == remaining(row) == "1 error remains after it"
    assert remaining(row.model_copy(update={"waived": ("ST01",)})) == "corrects all errors"


def test_a_position_counts_from_1_among_the_codes_that_are_shown() -> None:
    (misplaced,) = check(coded("V44.4 & Y53.4 V55.1 Z66.5")).findings
    assert position(misplaced) == "procedure 3"
    assert position(misplaced.model_copy(update={"at": None})) == "procedure 4"
    (_, missing) = check(coded("V44.4 V55.1 Y53.4", "")).findings
    assert position(missing) == "diagnoses"


def test_a_finding_is_marked_by_its_index_where_its_place_is_that_of_another_format() -> None:
    verdict = check(coded("V44.4 Y53.4 V55.1 Z66.5", ""))
    levels, missing = (
        each.model_copy(update={"place": place})
        for each, place in zip(verdict.findings, ("PR1[3]-3.1", "DG1"), strict=True)
    )
    assert [each.rule for each in (levels, missing)] == ["LV02", "DX01"]
    marked = mark(PROCEDURES, verdict.procedures or (), [levels, missing])
    assert [code for code, found in marked if found] == ["V55.1"]
    assert (field(levels), position(levels)) == (PROCEDURES, "procedure 3 (PR1[3]-3.1)")
    assert (field(missing), position(missing)) == (DIAGNOSES, "diagnoses")
