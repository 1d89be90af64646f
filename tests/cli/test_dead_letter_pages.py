import re
from pathlib import Path

import pytest
from cli.running import ipg12

from schemas.rejection import Reason
from streams.cli.pages import DEAD_LETTERS, DOCS
from streams.cli.showing.dead_letter_page import dead_letter_pages, reason_page
from streams.cli.showing.page import Kind, as_lines
from streams.cli.showing.terminal import Screen
from streams.validation.reading.hints import HINTS, Hint

PAGE = (Path(__file__).parents[2] / DOCS / DEAD_LETTERS).read_text(encoding="utf-8")

each_reason = pytest.mark.parametrize("reason", Reason)


def words(text: str) -> list[str]:
    return re.sub(r"(?m)^(#+ |```\w*)", "", text).split()


@each_reason
def test_explain_prints_the_section_of_a_reason(reason: Reason) -> None:
    run = ipg12("explain", reason.upper())
    section = PAGE.split(f"\n## {reason}\n")[1].split("\n## ")[0].split("\nThis page is")[0]
    assert words(run.stdout.decode()) == [reason, *words(section)]
    assert run.returncode == 0


def test_the_page_in_docs_is_what_is_generated_now() -> None:
    assert dead_letter_pages() == PAGE, "write it again: python -m streams.cli.pages"


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: hint.name)
def test_each_hint_stands_under_its_reason_with_an_example_and_its_mend(hint: Hint) -> None:
    text = "\n".join(line.plain for line in as_lines(reason_page(hint.reason), 10_000))
    _, _, section = text.partition(f"\n{hint.name}\n")
    signs = re.findall(r"(?m)^    ([-+]) \S", section)
    assert section.startswith(f"  Hint: {hint.text}.")
    assert signs.index("-") < signs.index("+")


@each_reason
def test_no_example_has_a_character_that_a_terminal_would_obey(reason: Reason) -> None:
    diffs = [block.lines for block in reason_page(reason) if block.kind is Kind.DIFF]
    assert all(line.isprintable() for lines in diffs for line in lines)


def test_a_page_fits_a_terminal_but_for_its_examples() -> None:
    lines = Screen(80).lines(as_lines(reason_page(Reason.NOT_JSON), 80)).splitlines()
    assert all(len(line) <= 80 for line in lines if not line.startswith("    "))
