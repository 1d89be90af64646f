import pytest

from streams.validation.check import check
from streams.validation.rule import coded


@pytest.mark.parametrize(
    "submitted,proposed",
    [
        pytest.param("V44.4 Y53.4 Z66.5", "V44.4 V55.9 Y53.4 Z66.5", id="LV01"),
        pytest.param("V44.4 Y53.4 V55.1 Z66.5", "V44.4 V55.1 Y53.4 Z66.5", id="LV02"),
        pytest.param(
            "V44.4 Y53.4 V55.1 V55.2 Z66.5", "V44.4 V55.1 Y53.4 V55.2 Z66.5", id="LV02 of two"
        ),
        pytest.param("V44.4 V55.1 Z66.5", "V44.4 V55.1 Y53.9 Z66.5", id="IC01"),
        pytest.param("V44.4 V55.1", "V44.4 V55.1 Y53.9", id="IC01 without a site"),
        pytest.param(
            "V44.4 V55.1 Y10.2 Z66.5", "V44.4 V55.1 Y10.2 Y53.9 Z66.5", id="IC01 after a Y code"
        ),
        pytest.param(
            "V44.4 V55.1 Z94.2 Y10.2 Z66.5",
            "V44.4 V55.1 Z94.2 Y10.2 Y53.9 Z66.5",
            id="IC01 past laterality",
        ),
        pytest.param(
            "V44.4 V55.1 Z84.6 Y10.2 Z66.5",
            "V44.4 V55.1 Y53.9 Z84.6 Y10.2 Z66.5",
            id="IC01 before a site elsewhere",
        ),
        pytest.param("V44.4 Z66.5", "V44.4 V55.9 Y53.9 Z66.5", id="IC01 after inserted levels"),
        pytest.param(
            "V44.4 Y10.2 Z66.5",
            "V44.4 V55.9 Y10.2 Y53.9 Z66.5",
            id="IC01 apart from inserted levels",
        ),
        pytest.param("V44.4 Z66.5 V55.1", "V44.4 V55.1 Y53.9 Z66.5", id="IC01 after moved levels"),
        pytest.param(
            "V44.4 Z94.2 V55.1 Z66.5",
            "V44.4 V55.1 Y53.9 Z94.2 Z66.5",
            id="IC01 not after levels that go away",
        ),
        pytest.param(
            "V44.4 Y10.2 V55.1 Z66.5",
            "V44.4 V55.1 Y10.2 Y53.9 Z66.5",
            id="IC01 after the last other code",
        ),
        pytest.param(
            "V44.4 Y10.2 V55.1 V55.2 Z66.5",
            "V44.4 V55.1 Y10.2 V55.2 Y53.9 Z66.5",
            id="IC01 after levels that stay",
        ),
        pytest.param("V44.4 V55.1 Z66.5 Y53.4", "V44.4 V55.1 Y53.4 Z66.5", id="IC02"),
        pytest.param(
            "V44.4 V55.1 Z84.6 Z66.5 Y53.4 Y68.1",
            "V44.4 V55.1 Y53.4 Z84.6 Z66.5 Y68.1",
            id="IC02 moves the first before the first",
        ),
        pytest.param("V44.4 Z66.5 Y53 V55", "V44.4 V55.9 Y53.9 Z66.5", id="moved and replaced"),
        pytest.param("V44.4 V55 Y68 Z66", "V44.4 V55.9 Y68.9 Z66", id="PX03"),
        pytest.param("v44.41 y534 z665", "v44.41 V55.9 Y53.4 Z66.5", id="shown with dots"),
        pytest.param(
            "V44.4 V44.6 Z66.5",
            "V44.4 V55.9 Y53.9 V44.6 V55.9 Y53.9 Z66.5",
            id="each procedure its own",
        ),
    ],
)
def test_the_proposed_sequence_has_every_fix_applied(submitted: str, proposed: str) -> None:
    assert check(coded(submitted)).proposed == tuple(proposed.split())


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
