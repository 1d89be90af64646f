import pytest

from schemas.codes import dotted, normalise, read_diagnosis_code, read_procedure_code

SPINAL = [*range(22, 53), 54, *range(56, 64), *range(66, 71)]


@pytest.mark.parametrize("spelling", ["V44.4", "v44.4", "V444", "v444", " V44.4 ", "\tv444\n"])
def test_dot_case_and_surrounding_blanks_make_no_difference_to_a_code(spelling: str) -> None:
    assert normalise(spelling) == "V444"
    assert read_procedure_code(spelling).vertebroplasty
    assert read_procedure_code(spelling).shown == "V44.4"


@pytest.mark.parametrize("spelling", ["V 444", "V44 .4", "V44-4", "Ⅴ44.4", "V44.４", "V44.٤"])  # noqa: RUF001  # look-alikes are the point
def test_blanks_inside_and_digits_of_other_scripts_make_a_code_malformed(spelling: str) -> None:
    assert read_procedure_code(spelling).malformed


@pytest.mark.parametrize("letter", ["ſ", "ı"])  # noqa: RUF001  # their capitals are S and I
def test_letters_whose_capital_is_a_latin_letter_are_not_taken_for_it(letter: str) -> None:
    assert read_diagnosis_code(f"{letter}22.0").malformed


def test_a_code_is_shown_with_its_dot_after_the_third_character() -> None:
    assert [dotted(code) for code in ("V444", "V44", "M8058")] == ["V44.4", "V44", "M80.58"]


@pytest.mark.parametrize("code", ["V44", "V44.4", "A00", "Z99.9"])
def test_a_letter_and_two_or_three_digits_are_of_opcs4_shape(code: str) -> None:
    assert not read_procedure_code(code).malformed


@pytest.mark.parametrize("code", ["", "V", "V4", "V44.41", "V44.X", "44.4", "VV4.4", "banana"])
def test_anything_else_is_a_malformed_main_code_off_the_spine(code: str) -> None:
    read = read_procedure_code(code)
    assert read.malformed
    assert read.main
    assert read.spinal == code.startswith("V44.4")


@pytest.mark.parametrize("code", ["V55.12", "Y53.41", "Z66.55", "Z75.12", "O16.11"])
def test_a_malformed_code_belongs_to_no_category(code: str) -> None:
    read = read_procedure_code(code)
    assert read.main
    assert [read.levels, read.image_control, read.spinal_site, read.other_site] == [False] * 4


@pytest.mark.parametrize("number", range(100))
def test_the_spinal_procedures_are_the_categories_of_the_specification(number: int) -> None:
    read = read_procedure_code(f"V{number:02}.1")
    assert read.spinal == (number in SPINAL)
    assert read.main == (number != 55)


@pytest.mark.parametrize(
    "code,is_one",
    [
        ("V44.4", True),
        ("V44.6", True),
        ("V44", True),
        ("V44.41", True),
        ("V446 implant", True),
        ("V44.5", False),
        ("V44.51", False),
        ("V44.", True),
        ("V45.4", False),
        ("V4", False),
    ],
)
def test_a_vertebroplasty_is_v444_or_v446_or_v44_cut_short(code: str, *, is_one: bool) -> None:
    assert read_procedure_code(code).vertebroplasty is is_one


def test_a_local_fifth_character_is_shown_but_not_read() -> None:
    read = read_procedure_code(" v44.61 ")
    assert (read.shown, read.text, read.category, read.fourth) == ("v44.61", "V446", "V44", "6")


@pytest.mark.parametrize("number", range(100))
def test_chapter_o_has_only_the_site_categories_of_the_specification(number: int) -> None:
    sites = {11, 12, 13, 14, 16, 28, 30, 31, 33, 34, 36, 43, 45}
    read = read_procedure_code(f"O{number:02}.1")
    assert read.other_site == (number in sites)
    assert read.main == (number not in sites)


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
    assert (read.spinal_site, read.other_site, read.main) == (False, False, False)


@pytest.mark.parametrize("number", range(100))
def test_image_control_is_y53_and_y68(number: int) -> None:
    assert read_procedure_code(f"Y{number:02}.1").image_control == (number in {53, 68})


@pytest.mark.parametrize(
    "code,read",
    [
        ("M80.58", ("M8058", "5", "8", False)),
        ("S2200", ("S2200", "0", "0", False)),
        ("I10X", ("I10X", "X", "", False)),
        ("M495-A", ("M495-", "5", "-", True)),
        ("C795D", ("C795", "5", "", False)),
        ("E112D", ("E112", "2", "", False)),
        ("R51", ("R51", "", "", False)),
        ("R51A", ("R51", "", "", True)),
        ("t08.xa", ("T08X", "X", "", True)),
    ],
)
def test_an_icd10_code_is_read_apart_from_its_mark(
    code: str, read: tuple[str, str, str, bool]
) -> None:
    diagnosis = read_diagnosis_code(code)
    assert not diagnosis.malformed
    assert (diagnosis.text, diagnosis.fourth, diagnosis.fifth, diagnosis.asterisk) == read
    assert diagnosis.category == diagnosis.text[:3]


@pytest.mark.parametrize(
    "code",
    ["", "M8", "M8O.5", "M80.588", "M80.-", "M80.5X", "M80.58B", "M80.58AD", "880.5", "M80 5"],
)
def test_what_is_not_of_icd10_shape_belongs_to_no_category(code: str) -> None:
    diagnosis = read_diagnosis_code(code)
    assert (diagnosis.malformed, diagnosis.category) == (True, "")
