import re
from pathlib import Path

import pytest
from cli.running import ipg12

from schemas.rejection import Reason
from streams.cli.pages import DEAD_LETTERS, DOCS, RULE_PAGES, main, rule_pages
from streams.cli.showing.page import Kind, as_lines, rule_page
from streams.cli.showing.terminal import Screen
from streams.validation.rule import Rule
from streams.validation.rules import RULES

PAGES = Path(__file__).parents[2] / DOCS / RULE_PAGES
EXPLAINED = """\
  Image control before the levels:

    - procedures V44.4 Y53.4 V55.1 Z66.5
                             ^^^^^
    + procedures V44.4 V55.1 Y53.4 Z66.5
                       +++++

  ipg12 proposes the same.
"""

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_rules_shows_each_rule_in_a_line() -> None:
    run = ipg12("rules")
    _, *lines = run.stdout.decode().splitlines()
    assert [re.split(r" {2,}", line) for line in lines] == [
        [rule.code, rule.name, rule.severity, rule.clauses, rule.title] for rule in RULES
    ]
    assert run.returncode == 0


@pytest.mark.parametrize("code", ["LV02", "lv02", "levels-not-second"])
def test_explain_shows_a_bad_and_a_good_sequence_as_a_diff(code: str) -> None:
    run = ipg12("explain", code)
    assert EXPLAINED in run.stdout.decode()
    assert run.returncode == 0


def test_explain_lists_rules_and_reasons_where_it_knows_neither() -> None:
    run = ipg12("explain", "\x1bLV2")
    (line,) = run.stderr.decode().splitlines()
    assert line.startswith("ipg12: there is no rule or reason \\x1bLV2; ")
    assert {rule.code for rule in RULES} | {*Reason} <= set(re.findall(r"[\w-]+", line))
    assert run.returncode == 2


@each_rule
def test_a_page_gives_the_reason_the_clause_and_the_standards(rule: Rule) -> None:
    text = " ".join(line for block in rule_page(rule) for line in block.lines)
    assert " ".join(rule.why.split()) in text
    assert all(clause in text for clause in rule.sources)
    assert all(standard in text for standard in rule.standards)


@each_rule
def test_each_example_of_a_page_is_a_diff_with_the_fault_marked(rule: Rule) -> None:
    diffs = [block.lines for block in rule_page(rule) if block.kind is Kind.DIFF]
    assert len(diffs) == len(rule.pairs)
    for bad, marks, good, *_ in diffs:
        assert bad.startswith("- ")
        assert set(marks) == {" ", "^"}
        assert good.startswith("+ ")


def test_the_pages_in_docs_are_what_explain_prints_now() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()}
    assert written == rule_pages(), "write them again: python -m streams.cli.pages"


def test_pages_are_written_and_those_of_rules_that_are_gone_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / RULE_PAGES).mkdir()
    (tmp_path / RULE_PAGES / "XX99.md").touch()
    monkeypatch.setattr("sys.argv", ["pages", str(tmp_path)])
    main()
    assert {path.name for path in (tmp_path / RULE_PAGES).iterdir()} == rule_pages().keys()
    assert (tmp_path / DEAD_LETTERS).is_file()


@each_rule
def test_explain_and_the_page_in_docs_say_the_same(rule: Rule) -> None:
    def words(text: str) -> list[str]:
        return re.sub(r"(?m)^(#+ |```\w*)", "", text).split()

    page = (PAGES / f"{rule.code}.md").read_text(encoding="utf-8")
    explained = Screen(80).lines(as_lines(rule_page(rule), 80))
    assert words(explained) == words(page)
