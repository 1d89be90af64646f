"""docs/rule-set.md is the specification: what it says of each rule, and its examples, hold."""

import re
from datetime import date
from pathlib import Path

import pytest

from schemas.episode import CodeEntry, Episode
from schemas.verdict import RULESET, Outcome
from streams.validation.check import check
from streams.validation.rule import Clause
from streams.validation.rules import RULES

PAGE = (Path(__file__).parents[2] / "docs/rule-set.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|")
]
EXAMPLES = [row for row in ROWS if len(row) == 4 and row[2] in set(Outcome)]


def entry(word: str) -> CodeEntry:
    code, _, day = word.replace("~", " ").partition("@")
    return {"code": code, "date": date(2026, 5, int(day))} if day else code


def test_the_page_is_of_this_version_and_gives_every_rule_with_its_severity() -> None:
    assert PAGE.startswith(f"# Rule set {RULESET}\n")
    listed = [tuple(row[:2]) for row in ROWS if re.fullmatch(r"[A-Z]{2}\d\d [a-z-]+", row[0])]
    assert sorted(listed) == [(f"{rule.code} {rule.name}", rule.severity) for rule in RULES]


def test_a_fix_is_specified_where_an_example_of_the_rule_is_given_one() -> None:
    specified = {row[0][:4] for row in ROWS if len(row) == 5 and not row[4].startswith("none")}
    fixing = {
        finding.rule
        for rule in RULES
        for pair in rule.pairs
        for finding in check(pair.bad).findings
        if finding.fix
    }
    assert specified & {rule.code for rule in RULES} == fixing


def test_standards_and_clauses_that_rules_cite_are_those_of_the_page() -> None:
    assert {row[0] for row in ROWS if row[0] in Clause.__members__} == set(Clause.__members__)
    cited = {re.sub(r" \(p\. .*", "", name) for rule in RULES for name in rule.standards}
    assert {name for name in cited if name.lower() not in PAGE.lower()} == set()


@pytest.mark.parametrize("procedures,diagnoses,outcome,findings", EXAMPLES)
def test_a_worked_example_comes_out_as_written(
    procedures: str, diagnoses: str, outcome: str, findings: str
) -> None:
    verdict = check(
        Episode(
            episode_id="EXAMPLE",
            provider_code="R0A",
            procedures=[entry(word) for word in procedures.split()],
            diagnoses=[*(diagnoses or "M80.58").split()],
        )
    )
    assert (verdict.outcome, [each.rule for each in verdict.findings]) == (
        outcome,
        findings.split(),
    )
