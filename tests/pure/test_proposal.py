import pytest

from streams.validation.check import check
from streams.validation.rule import coded

PROPOSED = """
LV01 | V44.4 Y53.4 Z66.5 | V44.4 V55.9 Y53.4 Z66.5
LV02 | V44.4 Y53.4 V55.1 Z66.5 | V44.4 V55.1 Y53.4 Z66.5
LV02 of two | V44.4 Y53.4 V55.1 V55.2 Z66.5 | V44.4 V55.1 Y53.4 V55.2 Z66.5
IC01 | V44.4 V55.1 Z66.5 | V44.4 V55.1 Y53.9 Z66.5
IC01 without a site | V44.4 V55.1 | V44.4 V55.1 Y53.9
IC01 after a Y code | V44.4 V55.1 Y10.2 Z66.5 | V44.4 V55.1 Y10.2 Y53.9 Z66.5
IC01 past laterality | V44.4 V55.1 Z94.2 Y10.2 Z66.5 | V44.4 V55.1 Z94.2 Y10.2 Y53.9 Z66.5
IC01 before a site elsewhere | V44.4 V55.1 Z84.6 Y10.2 Z66.5 | V44.4 V55.1 Y53.9 Z84.6 Y10.2 Z66.5
IC01 after inserted levels | V44.4 Z66.5 | V44.4 V55.9 Y53.9 Z66.5
IC01 apart from inserted levels | V44.4 Y10.2 Z66.5 | V44.4 V55.9 Y10.2 Y53.9 Z66.5
IC01 after moved levels | V44.4 Z66.5 V55.1 | V44.4 V55.1 Y53.9 Z66.5
IC01 not after levels that go away | V44.4 Z94.2 V55.1 Z66.5 | V44.4 V55.1 Y53.9 Z94.2 Z66.5
IC01 after the last other code | V44.4 Y10.2 V55.1 Z66.5 | V44.4 V55.1 Y10.2 Y53.9 Z66.5
IC01 after levels that stay | V44.4 Y10.2 V55.1 V55.2 Z66.5 | V44.4 V55.1 Y10.2 V55.2 Y53.9 Z66.5
IC02 | V44.4 V55.1 Z66.5 Y53.4 | V44.4 V55.1 Y53.4 Z66.5
IC02 of two of each | V44.4 V55.1 Z84.6 Z66.5 Y53.4 Y68.1 | V44.4 V55.1 Y53.4 Z84.6 Z66.5 Y68.1
moved and replaced | V44.4 Z66.5 Y53 V55 | V44.4 V55.9 Y53.9 Z66.5
PX03 | V44.4 V55 Y68 Z66 | V44.4 V55.9 Y68.9 Z66
shown with dots | v44.41 y534 z665 | v44.41 V55.9 Y53.4 Z66.5
each procedure its own | V44.4 V44.6 Z66.5 | V44.4 V55.9 Y53.9 V44.6 V55.9 Y53.9 Z66.5
"""


@pytest.mark.parametrize(
    "why,submitted,proposed",
    [[part.strip() for part in line.split("|")] for line in PROPOSED.strip().splitlines()],
)
def test_the_proposed_sequence_has_every_fix_applied(
    why: str, submitted: str, proposed: str
) -> None:
    assert check(coded(submitted)).proposed == tuple(proposed.split()), why


@pytest.mark.parametrize("submitted", ["V44.4 V55.1 Y53.4", "V44 V55.1 Y53.4 Z66", "V44.5 Y53"])
def test_nothing_is_proposed_where_no_finding_has_a_fix(submitted: str) -> None:
    assert check(coded(submitted)).proposed is None


@pytest.mark.parametrize(
    "submitted,text",
    [
        ("V44.4 Y53.4 Z66.5", "Insert V55.9 directly after V44.4."),
        ("V44.4 Y53.4 V55.1 Z66.5", "Move V55.1 directly after V44.4."),
        ("V44.4 V55.1 Z66.5 Y53.4", "Move Y53.4 directly before Z66.5."),
        ("V44.4 V55.1 Y53 Z66.5", "Replace Y53 with Y53.9."),
    ],
)
def test_a_fix_says_in_words_what_it_does(submitted: str, text: str) -> None:
    (finding,) = check(coded(submitted)).findings
    assert finding.fix is not None
    assert finding.fix.text == text


@pytest.mark.parametrize(
    "submitted,fix",
    [
        ("V44.4 Y53.4 Z66.5", ("insert", "V55.9", "after", "procedures[0].code")),
        ("V44.4 V55.1 Z66.5 Y53.4", ("move", "Y53.4", "before", "procedures[2].code")),
        ("V44.4 V55.1 Y53 Z66.5", ("replace", "Y53.9", "instead", "procedures[2].code")),
    ],
)
def test_a_fix_can_be_applied_by_a_program(submitted: str, fix: tuple[str, str, str, str]) -> None:
    (finding,) = check(coded(submitted)).findings
    assert finding.fix is not None
    assert (finding.fix.action, finding.fix.code, finding.fix.position, finding.fix.anchor) == fix
