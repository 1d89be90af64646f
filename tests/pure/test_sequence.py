from collections.abc import Sequence
from datetime import date
from string import ascii_uppercase

import pytest

from schemas.codes import read_diagnosis_code, read_procedure_code
from schemas.episode import CodeEntry, Episode
from streams.validation.placed import (
    DIAGNOSIS_LIST,
    Placed,
    Procedure,
    read_diagnoses,
    read_procedures,
)
from streams.validation.rule import coded
from streams.validation.rules import RULES
from streams.validation.sequence import CodedSequence, Leading


def read(procedures: str, diagnoses: str = "M80.58") -> CodedSequence:
    """Read codes; each may have a day of May behind an @."""
    entries: list[CodeEntry] = []
    for word in procedures.split():
        code, _, day = word.partition("@")
        entries.append({"code": code, "date": date(2026, 5, int(day))} if day else code)
    episode = coded("", diagnoses).model_copy(update={"procedures": entries})
    return CodedSequence(read_procedures(episode), read_diagnoses(episode))


def positioned(*entries: tuple[str | None, int | None]) -> list[tuple[str, str, int]]:
    episode = Episode(
        episode_id="E1",
        provider_code="R0A",
        procedures=[{"code": code, "position": position} for code, position in entries],
    )
    return [(item.code.shown, item.place, item.at) for item in read_procedures(episode)]


def shown(items: Sequence[Procedure]) -> str:
    return " ".join(item.code.shown for item in items)


def test_a_group_is_a_main_code_and_what_follows_up_to_the_next() -> None:
    groups = read("V44.4 V55.1 T20.1 banana Y53.4 O44.1 Z66.5").groups
    assert [shown([group.main, *group.supplementary]) for group in groups] == [
        "V44.4 V55.1",
        "T20.1 Y53.4 O44.1 Z66.5",
    ]
    assert [group.unreadable for group in groups] == [False, True]


def test_codes_before_the_first_main_code_belong_to_no_group() -> None:
    assert shown(read("Z66.5 V55.1 V44.4 Y53.4").leading) == "Z66.5 V55.1"
    assert shown(read("Z66.5 banana V44.6").leading) == "Z66.5 banana"


@pytest.mark.parametrize(
    "before,levels,image_control,spinal_site",
    [
        ("", False, False, False),
        ("V55.1", True, False, False),
        ("Y68", False, True, False),
        ("Z66.5", False, False, True),
        ("Z84.6 Y10.2", False, False, False),
        ("banana", True, True, True),
        ("Y53.4V551", True, True, True),
    ],
)
def test_what_leads_may_be_what_the_first_group_alone_lacks(
    before: str, *, levels: bool, image_control: bool, spinal_site: bool
) -> None:
    first, second = read(f"{before} V44.4 V44.6").groups
    assert first.leading == Leading(levels, image_control, spinal_site)
    assert second.leading == Leading()


@pytest.mark.parametrize(
    "procedures,operations",
    [
        ("V44.4 Z66.5 V47.1 T20.1 Z84.6 V44.6 T20.1", ["V44.4 V47.1", "V44.6"]),
        ("V44.4 W36.5 Z66.5 V44.6", ["V44.4 W36.5 V44.6"]),
        ("V44.4@1 V44.4@9", ["V44.4", "V44.4"]),
        ("V44.4@1 V44.4@1", ["V44.4 V44.4"]),
        ("V44.4@1 V47.1 V44.4@9 V47.3@9", ["V44.4 V47.1", "V44.4 V47.3"]),
        ("V44.4@1 Y53.4@9 V44.4 V47.3@1", ["V44.4 V44.4 V47.3"]),
        ("V44.4 V44.4@9 V47.3@1", ["V44.4 V44.4", "V47.3"]),
        ("V44.4@1 T20.1@9 V44.4@1", ["V44.4", "V44.4"]),
    ],
)
def test_an_operation_is_a_run_of_groups_on_the_spine_at_one_visit(
    procedures: str, operations: list[str]
) -> None:
    found = [shown([group.main for group in each]) for each in read(procedures).operations]
    assert found == operations


def test_a_site_serves_earlier_groups_of_its_operation_and_no_other() -> None:
    groups = read("V44.4 V47.1 Z84.6 V44.4 Z66.5 Z67.1 V44.6 T20.1 V47.1 Z66.1").groups
    assert [shown(group.serving_sites) for group in groups] == [
        *["Z66.5 Z67.1"] * 3,
        *["", ""],
        "Z66.1",
    ]
    served = [site and site.code.shown for site in (group.serving_other_site for group in groups)]
    assert served == ["Z84.6", "Z84.6", None, None, None, None]


def test_the_nearest_group_with_a_spinal_site_serves() -> None:
    first = read("V44.4 V47.1 Z67.1 V47.1 Z66.5").groups[0]
    assert shown(first.serving_sites) == "Z67.1"


def test_an_unreadable_code_and_image_control_count_for_the_groups_before_them() -> None:
    groups = read("V44.4 V47.1 Y53.4 V44.4 ?? V44.6 T20.1 ??").groups
    assert [group.later_image_control for group in groups] == [True, False, False, False, False]
    assert [group.unreadable_from_here for group in groups[:4]] == [True, True, True, False]


def test_levels_are_displaced_where_another_code_is_directly_after_the_main_code() -> None:
    groups = read("V44.4 ?? V55.1 Y53.4 V44.4 Y53.4 V55.2 V55.3 V44.4 Y53.4").groups
    displaced = [group.displaced_levels for group in groups]
    assert [levels and levels.code.shown for levels in displaced] == [None, "V55.2", None]


def test_the_first_site_of_a_group_may_be_laterality_or_not_on_the_spine() -> None:
    groups = read("V44.4 Z94.2 Z84.6 Z66.5 V44.4 Z66.4 O16.1 V44.4 Y53.4").groups
    assert [group.first_site and group.first_site.code.shown for group in groups] == [
        "Z94.2",
        "Z66.4",
        None,
    ]


def test_positions_give_the_reading_order_and_places_the_submitted_one() -> None:
    assert positioned(("Z66.5", 10**30), (None, 2), ("V44.4", 1), ("-", None)) == [
        ("V44.4", "procedures[2].code", 0),
        ("Z66.5", "procedures[0].code", 1),
    ]


@pytest.mark.parametrize("positions", [(2, None), (2, 2), (None, None), (2, 0)])
def test_positions_that_are_not_all_different_whole_numbers_order_nothing(
    positions: tuple[int | None, int | None],
) -> None:
    first, second = positions
    assert [code for code, *_ in positioned(("Z66.5", first), ("V44.4", second))] == [
        "Z66.5",
        "V44.4",
    ]


def test_places_rank_procedures_before_diagnoses_and_the_list_before_its_items() -> None:
    episode = coded("V44.4 V55.1", "M80.58 J18.9")
    places: list[Placed] = [*read_procedures(episode), DIAGNOSIS_LIST, *read_diagnoses(episode)]
    assert [place.order for place in places] == sorted(place.order for place in places)
    assert [place.place for place in places] == [
        "procedures[0].code",
        "procedures[1].code",
        "diagnoses",
        "diagnoses[0].code",
        "diagnoses[1].code",
    ]


def test_the_primary_diagnosis_is_the_first_that_is_no_empty_slot_if_it_is_well_formed() -> None:
    assert read("V44.4", "banana M80.58").primary_diagnosis is None
    assert read("V44.4", "").primary_diagnosis is None
    primary = read("V44.4", "- & M80.58").primary_diagnosis
    assert primary is not None
    assert (primary.code.shown, primary.index, primary.at) == ("M80.58", 2, 0)


def test_what_rules_look_at_and_what_codes_are_listed_as_are_attributes_of_the_sequence() -> None:
    texts = [f"{letter}{number:03}" for letter in ascii_uppercase for number in range(1000)]
    roles = {role for text in texts for role in read_procedure_code(text).roles}
    roles |= {role for text in texts for role in read_diagnosis_code(text).roles}
    roles |= {*read_procedure_code("?").roles, *read_diagnosis_code("?").roles}
    looked_at = {rule.looks_at for rule in RULES} - {"procedures"}
    assert roles | looked_at <= {name for name in vars(CodedSequence) if not name.startswith("_")}
