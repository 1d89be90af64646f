import pytest

from schemas.codes import dotted, normalise, read_diagnosis_code, read_procedure_code

SPINAL = [*range(22, 53), 54, *range(56, 64), *range(66, 71)]


@pytest.mark.parametrize(
    "spelling",
    [
        "V44.4",
        "v444",
        " V44.4 ",
        "\tv444\n",
        "V 44 4",
        "V44\u00a0.4",
        '"V444"',
        "'v44.4'",
        '" V444 "',
    ],
)
def test_dots_case_blanks_and_quotation_marks_make_no_difference(spelling: str) -> None:
    assert normalise(spelling) == "V444"
    read = read_procedure_code(spelling)
    assert (read.vertebroplasty, read.malformed, read.shown) == (True, False, "V44.4")


@pytest.mark.parametrize("spelling", ["", "  ", "-", "&", "--&", ".", '"-"', "''", "\u2003-\n"])
def test_padding_is_an_empty_slot_and_no_code(spelling: str) -> None:
    assert read_procedure_code(spelling).empty
    assert read_diagnosis_code(spelling).empty
    assert not read_procedure_code(spelling).malformed
    assert not read_procedure_code(spelling).unreadable
    assert not read_diagnosis_code(spelling).malformed


@pytest.mark.parametrize("spelling", ["X998", "x99.9", '"X998"'])
def test_the_default_codes_are_empty_slots_among_procedures_only(spelling: str) -> None:
    assert read_procedure_code(spelling).empty
    assert not read_diagnosis_code(spelling).empty
    assert not read_procedure_code("X99.7").empty


@pytest.mark.parametrize(
    "submitted,text,holds_more",
    [
        ("V44.41", "V444", False),
        ("V44L", "V44", False),
        ("V44.l", "V44", False),
        ("V44,4", "V44", False),
        ("V44-4", "V44", False),
        ("V55X", "V55", False),
        ("V444V551", "V444", True),
        ("V4446", "V444", False),
        ("Y53 4 extra", "Y534", True),
        ("||V444", "V444", True),
        ("|V444", "V444", False),
        ("OPCS4:V44.4", "V444", True),
        ("x:V446 V444", "V446", True),
        ("no v44-6 here", "V446", True),
        ("W37.11", "W371", False),
        ("banana", "", False),
        ("V4", "", False),
        ("Ⅴ444", "", False),  # noqa: RUF001  # look-alikes are the point
        ("V44.٤", "V44", False),
        ("M80.58", "M805", False),
    ],
)
def test_a_malformed_procedure_is_read_by_its_beginning(
    submitted: str, text: str, *, holds_more: bool
) -> None:
    read = read_procedure_code(submitted)
    assert (read.malformed, read.text, read.may_hold_more) == (True, text, holds_more)
    assert read.unreadable == (not text)
    assert read.shown == submitted
    assert read.main == (bool(text) and text[:3] not in {"V55", "Y53"})


@pytest.mark.parametrize(
    "submitted,surplus",
    [
        *[(code, True) for code in ("V44.41", "V55.1X", "W37.11")],
        *[(code, False) for code in ("V44.71", "V55.01", "X99.81", "X99.92", "V444V551", "V55X1")],
    ],
)
def test_one_character_too_many_is_known_where_the_code_before_it_exists(
    submitted: str, *, surplus: bool
) -> None:
    assert read_procedure_code(submitted).surplus_character is surplus


@pytest.mark.parametrize("letter", ["ſ", "ı"])  # noqa: RUF001  # their capitals are S and I
def test_letters_whose_capital_is_a_latin_letter_are_not_taken_for_it(letter: str) -> None:
    assert read_diagnosis_code(f"{letter}22.0").malformed


def test_a_code_is_shown_with_its_dot_after_the_third_character() -> None:
    assert [dotted(code) for code in ("V444", "V44", "M8058")] == ["V44.4", "V44", "M80.58"]


@pytest.mark.parametrize("code", ["V44", "V44.4", "A00", "Z99.9"])
def test_a_letter_and_two_or_three_digits_are_of_opcs4_shape(code: str) -> None:
    assert not read_procedure_code(code).malformed


@pytest.mark.parametrize("number", range(100))
def test_the_spinal_procedures_are_the_categories_of_the_specification(number: int) -> None:
    read = read_procedure_code(f"V{number:02}.1")
    assert read.spinal == (number in SPINAL)
    assert read.main == (number != 55)


@pytest.mark.parametrize(
    "code,is_one",
    [("V44.4", True), ("V44.6", True), ("V44", True), ("V44.5", False), ("V45.4", False)],
)
def test_a_vertebroplasty_is_v444_or_v446_or_v44_cut_short(code: str, *, is_one: bool) -> None:
    assert read_procedure_code(code).vertebroplasty is is_one


@pytest.mark.parametrize("number", range(100))
def test_chapter_o_has_the_overflow_categories_of_the_specification(number: int) -> None:
    sites = {*range(11, 15), 16, 28, 30, 31, 33, 34, 36, 42, 43, 45, 46, 47, 50, 52, 53}
    methods = {44, 48}
    read = read_procedure_code(f"O{number:02}.1")
    assert (read.other_site, read.method) == (number in sites, number in methods)
    assert read.main == (number not in sites | methods)


@pytest.mark.parametrize("code", ["Z66", "Z66.1", "Z67.5", "Z99", "Z75", "Z75.1", "Z75.2", "Z75.7"])
def test_vertebra_joint_disc_sacrum_and_coccyx_are_spinal_sites(code: str) -> None:
    read = read_procedure_code(code)
    assert (read.spinal_site, read.other_site, read.main) == (True, False, False)


@pytest.mark.parametrize("code", ["Z75.3", "Z75.9", "Z65.1", "Z68.1", "Z98.1", "Z84.6", "Z06.3"])
def test_other_codes_of_chapter_z_are_sites_elsewhere(code: str) -> None:
    read = read_procedure_code(code)
    assert (read.spinal_site, read.other_site, read.main) == (False, True, False)


@pytest.mark.parametrize("code", ["Z94", "Z94.2", "Y10.2", "Y53.4", "V55.1"])
def test_laterality_and_approach_and_levels_are_supplementary_but_no_sites(code: str) -> None:
    read = read_procedure_code(code)
    assert (read.site, read.method, read.levels) == (code[0] == "Z", code[0] == "Y", code[0] == "V")
    assert (read.spinal_site, read.other_site, read.main) == (False, False, False)


@pytest.mark.parametrize("number", range(100))
def test_image_control_is_y53_and_y68(number: int) -> None:
    assert read_procedure_code(f"Y{number:02}.1").image_control == (number in {53, 68})


@pytest.mark.parametrize(
    "code,shown,fourth,fifth,asterisk",
    [
        ("M80.58", "M80.58", "5", "8", False),
        ("S2200", "S22.00", "0", "0", False),
        ("I10X", "I10.X", "X", "", False),
        ("M495-A", "M49.5-A", "5", "-", True),
        ("C795D", "C79.5D", "5", "", False),
        ("C79.5†", "C79.5D", "5", "", False),
        ("m49.56 *", "M49.56A", "5", "6", True),
        ("E112D", "E11.2D", "2", "", False),
        ("T08X0", "T08.X0", "X", "0", False),
        ("R51", "R51", "", "", False),
        ("R51A", "R51A", "", "", True),
    ],
)
def test_an_icd10_code_is_read_apart_from_its_mark(
    code: str, shown: str, fourth: str, fifth: str, *, asterisk: bool
) -> None:
    read = read_diagnosis_code(code)
    assert not read.malformed
    assert (read.shown, read.fourth, read.fifth) == (shown, fourth, fifth)
    assert ("asterisk_codes" in read.roles) == asterisk
    assert read.category == shown[:3]


@pytest.mark.parametrize(
    "code",
    ["M8", "M8O.5", "M80.588", "M80.-", "M80.5X", "M80.58B", "M80.58AD", "880.5", "†", "M80.5†*"],
)
def test_what_is_not_of_icd10_shape_belongs_to_no_category(code: str) -> None:
    read = read_diagnosis_code(code)
    assert (read.malformed, read.category, read.shown) == (True, "", code)
