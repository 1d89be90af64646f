import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from schemas.rejection import Fault, Reason, Rejection, Remark
from schemas.verdict import Verdict
from streams.cli.showing.report import report
from streams.cli.showing.rows import Cell, rows
from streams.cli.showing.terminal import NARROWEST, Screen, visible
from streams.validation.check import check, judge, refuse
from streams.validation.rule import coded

KNOWN_BAD = """\
bad.jsonl:7, episode EXAMPLE, provider R0A: non-compliant
  procedures V44.4 Y53  V55.1 Z66.5
                   ^^^  ^^^^^
                   PX03 LV02
  diagnoses  W19.0 M80.58
             ^^^^^
             DX02
  proposed   V44.4 V55.1 Y53.9 Z66.5
                   +++++ +++++
             1 error remains after it

  PX03 fourth-character-missing, error
    found     Y53, procedure 2
"""


def shown(verdict: Verdict, width: int = 80) -> str:
    return Screen(width).lines(report("bad.jsonl:7", verdict, verdict.findings, width))


def test_the_marks_stand_under_the_codes_at_fault_and_empty_slots_are_no_codes() -> None:
    sequences = ("v444 Y53 V55.1 Z66.5", "- V44.4 & Y53 V55.1 Z66.5")
    for procedures in sequences:
        assert shown(check(coded(procedures, "W19.0 M80.58"))).startswith(KNOWN_BAD)


def test_a_finding_says_what_was_found_what_would_pass_what_mends_it_and_who_asks_for_it() -> None:
    _, finding = shown(check(coded("V44.4 Y53.4 V55.1 Z66.5"))).split("\n\n", maxsplit=1)
    assert [line.split(maxsplit=1) for line in finding.strip().splitlines()] == [
        ["LV02", "levels-not-second, error"],
        ["found", "V55.1, procedure 3"],
        ["expected", "The V55 code directly after its procedure, before any other code."],
        ["fix", "Move V55.1 directly after V44.4."],
        ["source", "IPG12 clause C2, PChSV1 (p. 132)"],
    ]


@pytest.mark.parametrize(
    "procedures,said",
    [
        ("V44.4 Y53.4 V55.1 Z66.5", "corrects all errors"),
        ("V44.4 Y53.4 V55.1", "1 error remains after it"),
        ("W06 V44.4 Y53.4 V55.1", "2 errors remain after it"),
    ],
)
def test_a_proposal_says_how_many_errors_remain(procedures: str, said: str) -> None:
    assert f"\n             {said}\n" in shown(check(coded(procedures)))


def test_a_proposal_that_needs_the_record_says_so() -> None:
    text = " ".join(shown(check(coded("V44.4 Y53.4 Z66.5"))).split())
    assert "fix Insert V55.9 directly after V44.4; check the record first" in text


def test_a_fault_of_the_list_of_diagnoses_is_marked_at_its_heading() -> None:
    text = shown(check(coded("V44.4 V55.1 Y53.4 Z66.5", "")))
    assert "  diagnoses  (none)\n  ^^^^^^^^^\n  DX01\n" in text
    assert "found     no diagnosis\n" in text


def test_every_rule_broken_by_a_code_stands_under_it() -> None:
    text = shown(check(coded("V44.4 Z66.5")))
    assert (
        "procedures V44.4 Z66.5\n             ^^^^^\n             IC01\n             LV01\n" in text
    )


@pytest.mark.parametrize("width", [NARROWEST, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int, golden: list[dict[str, Any]]) -> None:
    values = [json.dumps(case["episode"]).encode() for case in golden]
    lines = "".join(shown(judge(value), width) for value in [*values, b"{", b"[]"]).splitlines()
    assert max(map(len, lines)) <= width


def test_what_a_record_says_cannot_act_on_the_terminal() -> None:
    odd = {"procedures": ["V44.4", "\x1b[31m", "\u202eV55", "[bold]"], "diagnoses": ["\x07"]}
    text = shown(judge(json.dumps({"episode_id": "a\nb", "provider_code": "R0A", **odd}).encode()))
    assert r"V44.4 \x1b[31m \u202eV55 [bold]" in text
    assert r"episode a\nb," in text
    assert r"\x07" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_what_was_left_out_of_an_episode_is_remarked() -> None:
    remark = Remark(place="start_date", message="is no date")
    verdict = check(coded("V44.4")).model_copy(update={"remarks": (remark,)})
    assert shown(verdict).endswith("\n  remark: start_date is no date\n\n")


def test_a_rejection_names_each_place_and_what_to_do() -> None:
    faults = (
        Fault(place="provider_code", message="is required"),
        Fault(place="line 2 column 1", message="is not JSON"),
    )
    rejection = Rejection(
        reason=Reason.NOT_AN_EPISODE, hint="Send it otherwise.", errors=faults, episode_id="E1"
    )
    assert shown(refuse(rejection)) == (
        "bad.jsonl:7, episode E1: dead-letter, not-an-episode\n"
        "    provider_code: is required\n"
        "    line 2 column 1 of the record: is not JSON\n"
        "    hint: Send it otherwise.\n"
        "\n"
    )


cells = st.builds(
    Cell,
    text=st.text("VYZ54.椎", min_size=1, max_size=6),
    mark=st.sampled_from(["", "^"]),
    labels=st.lists(st.sampled_from(["LV01", "PX03"]), max_size=2).map(tuple),
)


@given(st.lists(cells, max_size=30), st.integers(30, 100))
def test_each_mark_is_as_wide_as_its_code_and_right_under_it(row: list[Cell], width: int) -> None:
    lines = [_by_column(line.plain) for line in rows(Cell("procedures"), row, width)]
    assert max(map(len, lines)) <= width
    marked = [
        above[mark.start() : mark.end()].replace("\0", "")
        for above, line in pairwise(lines)
        for mark in re.finditer(r"\^+", line)
    ]
    assert marked == [cell.text for cell in row if cell.mark]


def _by_column(line: str) -> str:
    """Fill up each wide character, so that an index is a column."""
    return "".join(character.ljust(cell_len(character), "\0") for character in line)


@given(st.text())
def test_anything_is_made_visible(text: str) -> None:
    assert visible(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_what_is_visible_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_colours_are_the_only_difference_between_a_terminal_and_a_file() -> None:
    verdict = check(coded("V44.4 Y53 V55.1 [red]", "W19.0"))
    laid_out = list(report("f", verdict, verdict.findings, 80))
    coloured = Screen(80, colours=True).lines(laid_out)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == Screen(80).lines(laid_out)
