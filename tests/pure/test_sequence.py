from schemas.episode import submitted_codes
from streams.validation.rule import coded
from streams.validation.sequence import CodedSequence, Placed, Procedure, in_scope


def read(procedures: str, diagnoses: str = "M80.58") -> CodedSequence:
    episode = coded(procedures, diagnoses)
    return CodedSequence(submitted_codes(episode.procedures), submitted_codes(episode.diagnoses))


def shown(items: list[Procedure]) -> str:
    return " ".join(item.code.shown for item in items)


def test_a_group_is_a_main_code_and_what_follows_up_to_the_next() -> None:
    groups = read("V44.4 V55.1 W06.1 banana Y53.4 Z66.5").groups
    assert [shown([group.main, *group.supplementary]) for group in groups] == [
        "V44.4 V55.1",
        "W06.1",
        "banana Y53.4 Z66.5",
    ]


def test_codes_before_the_first_main_code_belong_to_no_group() -> None:
    sequence = read("Z66.5 V55.1 V44.4 Y53.4")
    assert shown(sequence.unattached) == "Z66.5 V55.1"
    assert len(sequence.groups) == 1


def test_without_a_main_code_nothing_is_attached() -> None:
    sequence = read("Z66.5 V55.1")
    assert shown(sequence.unattached) == "Z66.5 V55.1"
    assert sequence.groups == []


def test_an_operation_is_an_unbroken_run_of_spinal_groups() -> None:
    operations = read("V44.4 Z66.5 V47.1 W06.1 Z84.6 V44.6 W06.1").operations
    assert [shown([group.main for group in operation]) for operation in operations] == [
        "V44.4 V47.1",
        "V44.6",
    ]


def test_a_site_serves_earlier_groups_of_its_operation_and_no_other() -> None:
    groups = read("V44.4 V47.1 Z84.6 V44.4 Z66.5 Z67.1 V44.6 W06.1 Z66.1").groups
    assert [shown(group.serving_spinal_sites) for group in groups] == [
        "Z66.5 Z67.1",
        "Z66.5 Z67.1",
        "Z66.5 Z67.1",
        "",
        "Z66.1",
    ]
    served = [site and site.code.shown for site in (group.serving_other_site for group in groups)]
    assert served == ["Z84.6", "Z84.6", None, None, None]


def test_the_nearest_group_with_a_spinal_site_serves() -> None:
    first = read("V44.4 V47.1 Z67.1 V47.1 Z66.5").groups[0]
    assert shown(first.serving_spinal_sites) == "Z67.1"


def test_levels_are_displaced_where_another_code_is_directly_after_the_main_code() -> None:
    groups = read("V44.4 V55.1 Y53.4 V44.4 Y53.4 V55.2 V55.3 V44.4 Y53.4").groups
    displaced = [group.displaced_levels for group in groups]
    assert [levels and levels.code.shown for levels in displaced] == [None, "V55.2", None]


def test_the_first_site_of_a_group_is_of_the_spine_or_not_but_no_laterality() -> None:
    groups = read("V44.4 Z94.2 Z84.6 Z66.5 V44.4 Z66.4 O16.1 V44.4 Z94.1").groups
    assert [group.first_site and group.first_site.code.shown for group in groups] == [
        "Z84.6",
        "Z66.4",
        None,
    ]


def test_places_rank_procedures_before_diagnoses_and_the_list_before_its_items() -> None:
    sequence = read("V44.4 V55.1", "M80.58 J18.9")
    places: list[Placed] = [*sequence.procedures, sequence.diagnosis_list, *sequence.diagnoses]
    assert [place.order for place in places] == sorted(place.order for place in places)
    assert [place.place for place in places] == [
        "procedures[0].code",
        "procedures[1].code",
        "diagnoses",
        "diagnoses[0].code",
        "diagnoses[1].code",
    ]


def test_a_malformed_primary_diagnosis_does_not_pass_its_place_on() -> None:
    assert read("V44.4", "banana M80.58").primary_diagnosis is None
    assert read("V44.4", "").primary_diagnosis is None


def test_only_a_vertebroplasty_brings_an_episode_into_scope() -> None:
    assert in_scope(("W37.1", "v446"))
    assert not in_scope(("V44.5", "V55.1"))
    assert not in_scope(())
