"""What the rules list, code by code: too long for examples that people read."""

import pytest

from schemas.codes import dotted
from schemas.episode import Episode
from streams.validation.check import check
from streams.validation.rule import coded
from streams.validation.rules import RULES

GOOD = "V44.4 V55.1 Y53.4 Z66.5"
LETTERS = [chr(letter) for letter in range(ord("A"), ord("Z") + 1)]
EVERY_CATEGORY = [f"{letter}{number:02}" for letter in LETTERS for number in range(100)]
ASTERISKS = """
D63 D77 E35 E90 F00 F02 G01 G02 G05 G07 G13 G22 G26 G32 G46 G53 G55 G59 G63 G73 G94 G99 H03 H06
H13 H19 H22 H28 H32 H36 H42 H45 H48 H58 H62 H67 H75 H82 H94 I32 I39 I41 I43 I52 I68 I79 I98 J17
J91 J99 K23 K67 K77 K87 K93 L14 L45 L54 L62 L86 L99 M01 M03 M07 M09 M14 M36 M49 M63 M68 M73 M82
M90 N08 N16 N22 N29 N33 N37 N51 N74 N77 P75
"""
INDICATIONS = """
M48.4 M48.5 M49.5 M80 M81 M82 M84 M88 M90 C41.2 C79.5 C90 D16.6 D18.0 D48.0 D76.0 S12 S22.0 S22.1
S32.0 S32.1 S32.7 T08 T91.1
"""


def broken(code: str, episode: Episode) -> list[str]:
    """Give the places at which one rule is broken."""
    return [f.place for f in check(episode, [rule for rule in RULES if rule.code == code]).findings]


def categories_breaking(rule: str, written: str) -> set[str]:
    return {
        category
        for category in EVERY_CATEGORY
        if broken(rule, coded(GOOD, written.format(category)))
    }


def test_the_letters_of_external_causes_are_those_of_chapter_xx() -> None:
    letters = {category[0] for category in categories_breaking("DX02", "{}.1")}
    assert letters == set("VWXY")


def test_the_asterisk_categories_are_those_of_the_specification() -> None:
    assert categories_breaking("DX03", "{}.1") == set(ASTERISKS.split())


def test_every_category_is_an_asterisk_code_where_it_is_marked_so() -> None:
    assert categories_breaking("DX03", "{}.1A") == set(EVERY_CATEGORY)


def test_a_fifth_character_is_asked_for_in_the_categories_of_the_specification() -> None:
    five = {"M80", "M84", "M48", "M49", "S12", "S22", "S32"}
    assert categories_breaking("DX05", "{}.1") == five
    assert categories_breaking("DX05", "{}.1-") == five
    assert categories_breaking("DX05", "{}.18") == set()
    assert categories_breaking("DX05", "{}.X0") == set()
    assert categories_breaking("DX05", "{}.X") == five | {"T08"}
    assert categories_breaking("DX05", "{}") == five | {"T08"}


def test_the_usual_indications_are_those_of_the_specification() -> None:
    usual = {
        category
        for category in EVERY_CATEGORY
        for fourth in "0123456789"
        if not broken("DX06", coded(GOOD, f"{category}.{fourth}"))
    }
    assert usual == {indication[:3] for indication in INDICATIONS.split()}
    divided = {indication for indication in INDICATIONS.split() if "." in indication}
    accepted = {
        f"{category}.{fourth}"
        for category in {indication[:3] for indication in divided}
        for fourth in "0123456789"
        if not broken("DX06", coded(GOOD, f"{category}.{fourth}"))
    }
    assert accepted == divided


@pytest.mark.parametrize(
    "category,existing",
    [("V44", "12345689"), ("V55", "12389"), ("Y53", "123456789"), ("Z66", "1234589")],
)
def test_a_divided_category_has_the_codes_of_the_specification(
    category: str, existing: str
) -> None:
    missing = [
        fourth
        for fourth in "0123456789"
        if broken("PX04", coded(f"{GOOD} W06.1 {category}.{fourth}"))
    ]
    assert missing == [fourth for fourth in "0123456789" if fourth not in existing]


def test_other_categories_are_not_searched_for_codes_that_do_not_exist() -> None:
    found = {
        category for category in EVERY_CATEGORY if broken("PX04", coded(f"{GOOD} {category}.0"))
    }
    assert found == {"V44", "V55", "Y53", "Z66"}


def test_a_fourth_character_is_asked_for_in_every_category() -> None:
    fixes = {
        category: finding.fix and finding.fix.code
        for category in EVERY_CATEGORY
        for finding in check(coded(f"{GOOD} {category}")).findings
        if finding.rule == "PX03"
    }
    assert fixes.keys() == set(EVERY_CATEGORY)
    assert {fix for fix in fixes.values() if fix} == {"V55.9", "Y53.9", "Y68.9"}


def test_the_unspecified_codes_that_are_counted_are_those_of_the_specification() -> None:
    counted = {
        code
        for category in EVERY_CATEGORY
        for code in (dotted(category), f"{category}.8", f"{category}.9")
        if broken("PX05", coded(f"{GOOD} {code}"))
    }
    assert counted == {"V55.9", "Y53.9", "Y68.9", "Z66.9"}


def test_the_codes_that_make_a_sequence_begin_wrongly_are_the_supplementary_ones() -> None:
    first = {
        category for category in EVERY_CATEGORY if broken("PX02", coded(f"{category}.1 {GOOD}"))
    }
    chapter_o = {
        *("O11", "O12", "O13", "O14", "O16", "O28", "O30", "O31", "O33", "O34", "O36", "O42"),
        *("O43", "O44", "O45", "O46", "O47", "O48", "O50", "O52", "O53"),
    }
    assert first == {"V55"} | chapter_o | {c for c in EVERY_CATEGORY if c[0] in "YZ"}


def test_only_the_very_first_code_can_stand_wrongly_in_first_place() -> None:
    assert broken("PX02", coded(f"Y53.4 Z66.5 V55.1 {GOOD}")) == ["procedures[0].code"]


def test_for_a_code_that_does_not_exist_those_that_do_are_named() -> None:
    (finding,) = check(coded("V44.4 V55.4 Y53.4 Z66.5")).findings
    assert finding.expected == "V55 with a fourth character of 1, 2, 3, 8 or 9."


def test_levels_are_asked_for_after_every_spinal_procedure() -> None:
    asked = {
        category for category in EVERY_CATEGORY if broken("LV01", coded(f"{GOOD} {category}.1"))
    }
    spinal = [*range(22, 53), 54, *range(56, 64), *range(66, 71)]
    assert asked == {f"V{number}" for number in spinal}


def test_levels_after_any_other_procedure_are_out_of_place() -> None:
    misplaced = {
        category
        for category in EVERY_CATEGORY
        if broken("LV04", coded(f"{GOOD} {category}.1 V55.1"))
    }
    spinal = {f"V{number}" for number in (*range(22, 53), 54, *range(56, 64), *range(66, 71))}
    supplementary = {c for c in EVERY_CATEGORY if broken("PX02", coded(f"{c}.1 {GOOD}"))}
    assert misplaced == set(EVERY_CATEGORY) - spinal - supplementary


@pytest.mark.parametrize(
    "procedures,places",
    [
        ("Y53.4 V55.1 V44.4 V55.1 Y53.4 Z66.5", [1]),
        ("V55.1 V44.4 V55.1 Y53.4 Z66.5", []),
        ("V55.1 V55.2 V44.4 V55.1 Y53.4 Z66.5", [1]),
        ("W06.1 V55.1 Z84.6 V55.2 V44.4 V55.1 Y53.4 Z66.5", [1, 3]),
        ("banana V55.1 V55.2 V44.4 V55.1 Y53.4 Z66.5", [2]),
    ],
)
def test_levels_that_qualify_nothing_are_pointed_out_but_for_the_first_code(
    procedures: str, places: list[int]
) -> None:
    assert broken("LV04", coded(procedures)) == [f"procedures[{place}].code" for place in places]


def test_every_v55_code_after_the_first_of_a_group_is_repeated() -> None:
    assert broken("LV03", coded("V44.4 V55.1 V55.2 Y53.4 V55 Z66.5")) == [
        "procedures[2].code",
        "procedures[4].code",
    ]


def test_every_unspecified_image_control_beside_another_is_pointed_out() -> None:
    assert broken("IC03", coded("V44.4 V55.1 Y53.9 Y68.9 Y53 Z66.5")) == [
        "procedures[2].code",
        "procedures[3].code",
    ]


@pytest.mark.parametrize(
    "procedures,places",
    [
        ("V44.4 V55.1 Y53.4 V44.6 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5", [3]),
        ("V44.6 V55.1 Y53.4 V44.6 V55.1 Y53.4 V44.41 V55.1 Y53.4 Z66.5", [6]),
        ("V44.4 V55.1 Y53.4 V44 V55.1 Y53.4 Z66.5", []),
        ("V44.4 V44.6 Z66.5 W06.1 V44.6 V44.4 Z66.5", [1, 5]),
    ],
)
def test_of_both_vertebroplasty_codes_the_later_first_occurrence_is_pointed_out(
    procedures: str, places: list[int]
) -> None:
    assert broken("PX01", coded(procedures)) == [f"procedures[{place}].code" for place in places]


@pytest.mark.parametrize("rule,site", [("ST02", "Z84.6"), ("ST03", "Z67.5")])
def test_a_site_that_serves_two_vertebroplasties_is_pointed_out_once(rule: str, site: str) -> None:
    assert broken(rule, coded(f"V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 {site}")) == [
        "procedures[6].code"
    ]


def test_the_first_site_elsewhere_is_pointed_out_even_in_a_later_group() -> None:
    assert broken("ST02", coded("V44.4 V55.1 Y53.4 V47.1 V55.1 Z84.6 Z84.5")) == [
        "procedures[5].code"
    ]


def test_sites_of_two_operations_are_judged_one_by_one() -> None:
    assert broken(
        "ST03", coded("V44.4 V55.1 Y53.4 Z67.5 V44.4 V55.1 Y53.4 Z99.1 W06.1 V44.4 Z66.5")
    ) == ["procedures[3].code", "procedures[7].code"]


@pytest.mark.parametrize("levels", ["V55.2", "V55.3", "V55.9", "V55", "V55.1 V55.1"])
def test_only_one_single_level_disagrees_with_two_vertebrae(levels: str) -> None:
    assert broken("LV05", coded(f"V44.4 {levels} Y53.4 Z66.4 Z66.5")) == []


def test_a_malformed_primary_diagnosis_is_looked_at_by_no_other_rule() -> None:
    assert check(coded(GOOD, "W19.00AD M80.58")).rules == ("DX04",)


def test_an_external_cause_marked_as_a_manifestation_breaks_both_rules() -> None:
    assert check(coded(GOOD, "W19.0A M80.58")).rules == ("DX02", "DX03")


def test_without_any_diagnosis_nobody_asks_for_the_indication() -> None:
    assert check(coded(GOOD, "")).rules == ("DX01",)


@pytest.mark.parametrize(
    "site,diagnoses",
    [
        ("Z66.2", "S12.10 M48.52 M48.43 M48.53 M49.53"),
        ("Z66.4", "S22.00 S22.10 M48.43 M48.53 M48.54 M48.55 M49.53 M49.54"),
        ("Z66.5", "S32.00 M48.55 M48.46 M48.57"),
    ],
)
def test_a_diagnosis_is_held_against_the_sites_by_its_region(site: str, diagnoses: str) -> None:
    everything = "S12.10 S22.00 S22.10 S32.00 M48.52 M48.43 M48.53 M48.54 M48.55 M48.46 M48.57"
    everything = f"{everything} M49.53 M49.54"
    agreeing = {
        diagnosis
        for diagnosis in everything.split()
        if not broken("DX07", coded(f"V44.4 V55.1 Y53.4 {site}", diagnosis))
    }
    assert agreeing == set(diagnoses.split())


@pytest.mark.parametrize(
    "diagnosis",
    ["M48.58", "M48.5", "S22.20", "S32.10", "T08X0", "M80.58", "M84.08", "M90.68", "M90.71A"],
)
def test_a_diagnosis_without_a_region_is_held_against_no_site(diagnosis: str) -> None:
    of_a_limb = diagnosis == "M90.71A"
    assert bool(broken("DX07", coded(GOOD, diagnosis))) == of_a_limb


@pytest.mark.parametrize("sites", ["Z66.9", "Z67.6", "Z66.5 Z67.1", "Z66", "Z84.6", "Z75.1", ""])
def test_only_vertebrae_of_a_known_region_are_held_against_a_diagnosis(sites: str) -> None:
    assert not broken("DX07", coded(f"V44.4 V55.1 Y53.4 {sites}", "S12.10"))


@pytest.mark.parametrize(
    "procedures,place",
    [
        ("V44.4 V55.1 Y53.4 W36.5 Z66.4 Z66.5", 1),
        ("V44.4 V55.1 Y53.4 V44.6 V55.1 Y53.4 Z66.3 Z66.4 Z66.5", 4),
    ],
)
def test_the_sites_of_a_later_group_are_compared_with_all_the_levels_that_they_serve(
    procedures: str, place: int
) -> None:
    assert broken("LV05", coded(procedures)) == [f"procedures[{place}].code"]
