import pytest

from streams.validation.check import check
from streams.validation.rule import coded

CHECK = "check the record first, and use {} only if it does not say more."
PROPOSED = """
LV01 | V44.4 Y53.4 Z66.5 | V44.4 V55.9 Y53.4 Z66.5
LV02 | V44.4 Y53.4 V55.1 Z66.5 | V44.4 V55.1 Y53.4 Z66.5
LV02 of two | V44.4 Y53.4 V55.1 V55.2 Z66.5 | V44.4 V55.1 Y53.4 V55.2 Z66.5
IC01 | V44.4 V55.1 Z66.5 | V44.4 V55.1 Y53.9 Z66.5
IC01 without a site | V44.4 V55.1 | V44.4 V55.1 Y53.9
IC01 after a method | V44.4 V55.1 Y10.2 Z66.5 | V44.4 V55.1 Y10.2 Y53.9 Z66.5
IC01 after an overflow method | V44.4 V55.1 O44.1 Z66.5 | V44.4 V55.1 O44.1 Y53.9 Z66.5
IC01 before laterality | V44.4 V55.1 Z94.2 Y10.2 Z66.5 | V44.4 V55.1 Y53.9 Z94.2 Y10.2 Z66.5
IC01 before a site elsewhere | V44.4 V55.1 Z84.6 Y10.2 Z66.5 | V44.4 V55.1 Y53.9 Z84.6 Y10.2 Z66.5
IC01 after inserted levels | V44.4 Z66.5 | V44.4 V55.9 Y53.9 Z66.5
IC01 apart from inserted levels | V44.4 Y10.2 Z66.5 | V44.4 V55.9 Y10.2 Y53.9 Z66.5
IC01 after moved levels | V44.4 Z66.5 V55.1 | V44.4 V55.1 Y53.9 Z66.5
IC01 not after levels that go away | V44.4 Z94.2 V55.1 Z66.5 | V44.4 V55.1 Y53.9 Z94.2 Z66.5
IC01 after the last other code | V44.4 Y10.2 V55.1 Z66.5 | V44.4 V55.1 Y10.2 Y53.9 Z66.5
IC01 after levels that stay | V44.4 Y10.2 V55.1 V55.2 Z66.5 | V44.4 V55.1 Y10.2 V55.2 Y53.9 Z66.5
IC02 | V44.4 V55.1 Z66.5 Y53.4 | V44.4 V55.1 Y53.4 Z66.5
IC02 of two | V44.4 V55.1 Z84.6 Z66.5 Y53.4 Y68.1 | V44.4 V55.1 Y53.4 Y68.1 Z84.6 Z66.5
IC02 once | V44.4 V55.1 Y53.4 Z66.5 Y53.4 Y53.3 Y53.3 | V44.4 V55.1 Y53.4 Y53.3 Z66.5 Y53.4 Y53.3
IC02 beside a readable one | V44.4 V55.1 Z66.5 Y53.41 Y53.4 | V44.4 V55.1 Y53.4 Z66.5 Y53.4
moved and replaced | V44.4 Z66.5 Y53 V55 | V44.4 V55.9 Y53.9 Z66.5
PX03 | V44.4 V55 Y68 Z66 | V44.4 V55.9 Y68.9 Z66
PX06 | V44.41 V55.1 Y53.4X Z66.55 | V44.4 V55.1 Y53.4 Z66.5
PX06 without a fix | V444V551 Y53 Z66.5 | V444V551 Y53.9 Z66.5
unreadable ones stay | V44.4 banana Y53.4 V55.1 Z66.5 | V44.4 V55.1 banana Y53.4 Z66.5
without empty slots | V44.4 - & y534 X998 z665 | V44.4 V55.9 Y53.4 Z66.5
shown with dots | v44.6 y534 z665 | V44.6 V55.9 Y53.4 Z66.5
image control shared | V44.4 V44.6 Y53.4 Z66.5 | V44.4 V55.9 V44.6 V55.9 Y53.4 Z66.5
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


@pytest.mark.parametrize(
    "submitted", ["V44.4 V55.1 Y53.4", "V44 V55.1 Y53.4 Z66", "V44.5 Y53", "V444V551 Z66.5"]
)
def test_nothing_is_proposed_where_no_finding_has_a_fix(submitted: str) -> None:
    assert check(coded(submitted)).proposed is None


@pytest.mark.parametrize(
    "submitted,text",
    [
        ("V44.4 Y53.4 Z66.5", f"Insert V55.9 directly after V44.4; {CHECK.format('V55.9')}"),
        ("V44.4 Y53.4 V55.1 Z66.5", "Move V55.1 directly after V44.4."),
        ("V44.4 V55.1 Z66.5 Y53.4", "Move Y53.4 directly before Z66.5."),
        ("V44.4 V55.1 Y53 Z66.5", f"Replace Y53 with Y53.9; {CHECK.format('Y53.9')}"),
        ("V44.4 V55.11 Y53.4 Z66.5", "Replace the malformed code with V55.1."),
        ("V44.4 V55.1 Z66.5 Y53.4 W36.51", "Replace the malformed code with W36.5."),
    ],
)
def test_a_fix_says_in_words_what_it_does(submitted: str, text: str) -> None:
    *_, fix = (finding.fix for finding in check(coded(submitted)).findings)
    assert fix is not None
    assert fix.text == text


@pytest.mark.parametrize(
    "submitted,remaining",
    [
        ("V44.4 Y53.4 Z66.5", 0),
        ("V44.4 Y53.4", 1),
        ("V44 V55 Y53.4 banana", 2),
        ("V44.4 V55.1 Y53.4", None),
        ("V44.4 V55.1 Y53.4 Z66.5", None),
    ],
)
def test_a_verdict_says_how_many_errors_remain_after_its_proposal(
    submitted: str, remaining: int | None
) -> None:
    assert check(coded(submitted)).remaining_errors == remaining


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
