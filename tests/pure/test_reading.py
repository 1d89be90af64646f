import json
import re
from datetime import date
from typing import Any

import pytest

from schemas.episode import Episode, Withdrawal
from schemas.rejection import MAX_FAULTS, Reason, Rejection
from streams.validation.reading import MAX_RECORD_BYTES, read_episode

GOOD: dict[str, Any] = {
    "episode_id": "E1",
    "provider_code": "R0A",
    "procedures": ["V44.4", {"code": "V55.1", "date": "2026-01-31"}],
    "diagnoses": ["M80.58"],
}
OUT_OF_SCOPE = ["W37.1"]
NHS_NUMBER = "9434765919"
TAKEN_BACK = Withdrawal(episode_id="E1", provider_code="R0A")


def written(**fields: object) -> bytes:
    return json.dumps(GOOD | fields).encode()


def with_more(members: str, **fields: object) -> bytes:
    """Write the good record with more members at its end."""
    return written(**fields)[:-1] + b"," + members.encode() + b"}"


def refused(value: bytes | None, key: bytes | None = None) -> Rejection:
    read = read_episode(value, key=key)
    assert isinstance(read, Rejection)
    return read


def faults(value: bytes | None) -> list[tuple[str, str]]:
    return [(fault.place, fault.message) for fault in refused(value).errors]


def accepted(value: bytes) -> Episode:
    read = read_episode(value)
    assert isinstance(read, Episode)
    return read


def remarks(value: bytes) -> dict[str, str]:
    return {remark.place: remark.message for remark in accepted(value).remarks}


def test_an_episode_is_read_with_its_codes_as_they_were_submitted() -> None:
    episode = accepted(written(procedures=[" v444 ", {"code": "V55.1"}]))
    assert episode.procedures == [" v444 ", {"code": "V55.1"}]
    assert episode.remarks == ()


def test_fields_that_nobody_named_are_ignored() -> None:
    assert accepted(written(nhs_number=NHS_NUMBER, remarks=["mine"])) == accepted(written())


def test_optional_fields_are_read() -> None:
    episode = accepted(
        written(spell_id="S1", episode_number=2, start_date="2026-01-30", end_date="20260201")
    )
    assert (episode.spell_id, episode.episode_number) == ("S1", 2)
    assert (episode.start_date, episode.end_date) == (date(2026, 1, 30), date(2026, 2, 1))
    assert episode.remarks == ()


@pytest.mark.parametrize(
    "fields,same",
    [
        ({"episode_id": 1}, {"episode_id": "1"}),
        ({"episode_id": 10**63}, {"episode_id": f"1{'0' * 63}"}),
        ({"episode_id": "\t E1 "}, {}),
        ({"provider_code": " r0a\n"}, {}),
        ({"provider_code": "R0A00"}, {}),
        ({"procedures": "V44.4"}, {"procedures": ["V44.4"]}),
        ({"procedures": {"code": "V44.4"}}, {"procedures": [{"code": "V44.4"}]}),
        ({"diagnoses": None}, {"diagnoses": []}),
        ({"procedures": None, "diagnoses": "M80.58"}, {"procedures": []}),
        ({"start_date": None, "spell_id": None, "withdrawn": None}, {}),
        ({"start_date": "1800-01-01", "end_date": "18010101"}, {}),
        ({"start_date": "2026-01-31T10:00:00"}, {"start_date": "2026-01-31"}),
        ({"withdrawn": False}, {}),
    ],
)
def test_what_is_read_too_is_read_as_what_should_have_been_sent(
    fields: dict[str, object], same: dict[str, object]
) -> None:
    assert accepted(written(**fields)) == accepted(written(**same))


@pytest.mark.parametrize("field", ["procedures", "diagnoses"])
def test_an_absent_list_is_empty(field: str) -> None:
    without = {name: value for name, value in GOOD.items() if name != field}
    assert accepted(json.dumps(without).encode()) == accepted(written(**{field: []}))


def test_empty_slots_may_stand_anywhere_and_nothing_in_them_matters() -> None:
    slots = [None, "", " - ", "&", {"code": None, "date": "soon"}, {"code": "''", "position": 0}]
    episode = accepted(written(procedures=[*slots, "V44.4", "X998"], diagnoses=[*slots, "M80.58"]))
    assert len(episode.procedures) == len(slots) + 2
    assert episode.remarks == ()


@pytest.mark.parametrize(
    "fields,place",
    [
        ({"spell_id": 1}, "spell_id"),
        ({"spell_id": "S" * 65}, "spell_id"),
        ({"spell_id": {"nhs": NHS_NUMBER}}, "spell_id"),
        ({"episode_number": "1"}, "episode_number"),
        ({"episode_number": -1}, "episode_number"),
        ({"episode_number": True}, "episode_number"),
        ({"start_date": "31/01/2026"}, "start_date"),
        ({"end_date": "2026-02-30"}, "end_date"),
        ({"end_date": ""}, "end_date"),
        ({"withdrawn": "perhaps"}, "withdrawn"),
        ({"procedures": ["V44.4", {"code": "V55.1", "date": 1}]}, "procedures[1].date"),
        ({"procedures": {"code": "V44.4", "date": {}}}, "procedures[0].date"),
        ({"diagnoses": [{"code": "M80.58", "date": "soon"}]}, "diagnoses[0].date"),
    ],
)
def test_a_detail_that_cannot_be_read_is_left_out_with_a_remark(
    fields: dict[str, object], place: str
) -> None:
    found = remarks(written(**fields))
    assert found.keys() == {place}
    assert found[place].endswith(", and was left out")
    assert NHS_NUMBER not in found[place]


def test_of_many_remarks_the_first_twenty_are_made() -> None:
    dated = [{"code": "V44.4", "date": "soon"}] * 30
    assert [*remarks(written(procedures=dated, spell_id=1))] == [
        f"procedures[{index}].date" for index in range(MAX_FAULTS)
    ]


def entries(*positions: object) -> list[object]:
    """Write an entry for each position; ... stands for an entry without one."""
    return [
        {"code": "V44.4"} if position is ... else {"code": "V44.4", "position": position}
        for position in positions
    ]


@pytest.mark.parametrize(
    "procedures",
    [
        entries(3, 1, 2),
        entries("2", " 1".strip()),
        entries(10**30, 1),
        entries(None, ..., None),
        [*entries(2), None, "-", {"code": "X999", "position": 2}, *entries(1)],
    ],
)
def test_positions_may_be_any_different_whole_numbers_from_1(procedures: list[object]) -> None:
    assert len(accepted(written(procedures=procedures)).procedures) == len(procedures)


@pytest.mark.parametrize(
    "procedures,places",
    [
        (entries(1, ...), {1: "is required, as other entries have one"}),
        ([*entries(1), "V55.1", None], {1: "is required, as other entries have one"}),
        (entries(1, None), {1: "is required, as other entries have one"}),
        (entries(2, 1, "2"), dict.fromkeys([0, 2], "is that of another entry too")),
        (
            entries(1, 0, -1, 1.5, 2.0, "one", "", [], {}, 10**40, "9" * 5000),
            dict.fromkeys(range(1, 11), "should be a whole number from 1"),
        ),
    ],
)
def test_positions_that_give_no_order_are_named(
    procedures: list[object], places: dict[int, str]
) -> None:
    for field in ("procedures", "diagnoses"):
        value = written(**{field: procedures, "spell_id": "\u00e9"})
        assert faults(value) == [
            (f"{field}[{index}].position", message) for index, message in places.items()
        ]


@pytest.mark.parametrize(
    "fields,place,message",
    [
        ({"episode_id": 1.0}, "episode_id", "should be text"),
        ({"episode_id": None}, "episode_id", "should be text"),
        ({"episode_id": True}, "episode_id", "should be text"),
        ({"episode_id": " "}, "episode_id", "should not be empty"),
        ({"episode_id": "E" * 65}, "episode_id", "should have at most 64 characters"),
        ({"episode_id": 10**64}, "episode_id", "should have at most 64 characters"),
        ({"provider_code": 101}, "provider_code", "should be text"),
        ({"provider_code": "R0"}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"provider_code": "R" * 13}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"provider_code": "R0Ä"}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"procedures": 7}, "procedures", "should be a list"),
        ({"diagnoses": ["M80.58"] * 201}, "diagnoses", "should have at most 200 entries"),
        ({"procedures": [None] * 10_000}, "procedures", "should have at most 200 entries"),
        ({"procedures": ["V" * 17]}, "procedures[0]", "should have at most 16 characters"),
        ({"procedures": ["", 1]}, "procedures[1]", "should be a code, or an object with a code"),
        ({"diagnoses": [["A"]]}, "diagnoses[0]", "should be a code, or an object with a code"),
        ({"diagnoses": [{}]}, "diagnoses[0].code", "is required"),
        ({"diagnoses": {"date": None}}, "diagnoses[0].code", "is required"),
        ({"diagnoses": [{"code": 1}]}, "diagnoses[0].code", "should be text"),
        (
            {"procedures": [{"code": "V" * 17}]},
            "procedures[0].code",
            "should have at most 16 characters",
        ),
    ],
)
def test_a_fault_names_the_place_and_what_would_pass(
    fields: dict[str, object], place: str, message: str
) -> None:
    value = written(**fields)
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    assert faults(value) == [(place, message)]


@pytest.mark.parametrize("field", ["episode_id", "provider_code"])
def test_a_field_that_identifies_an_episode_is_required(field: str) -> None:
    without = {name: value for name, value in GOOD.items() if name != field}
    assert faults(json.dumps(without).encode()) == [(field, "is required")]


@pytest.mark.parametrize(
    "fields",
    [
        {"episode_id": "E" * 64},
        {"episode_id": "\x00"},
        {"provider_code": "R" * 12},
        {"procedures": ["V44.4"] * 200},
        {"procedures": [".".join("V" * 16), f"'{' V' * 16}'"]},
        {"episode_number": 0, "spell_id": "S" * 64},
        {"episode_number": 10**700},
    ],
)
def test_values_at_the_limits_are_accepted(fields: dict[str, object]) -> None:
    assert accepted(written(**fields)).remarks == ()


@pytest.mark.parametrize("value", [b"null", b"true", b"1", b'"V44.4"', b"[]", b"[{}]"])
def test_json_that_is_no_object_is_no_episode(value: bytes) -> None:
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    assert faults(value) == [("value", "should be an object")]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" ", id="blank"),
        pytest.param(b"\x00", id="NUL"),
        pytest.param(b"episode", id="text"),
        pytest.param(written()[:-1], id="cut short"),
        pytest.param(written() + b"{}", id="two values"),
        pytest.param(written() + b"}", id="one bracket too many"),
        pytest.param(written().replace(b'"', b"'"), id="single quotes"),
        pytest.param(written(spell_id="é").replace(b"\\u00e9", b"\xe9"), id="Latin-1"),
        pytest.param(written(spell_id="é").replace(b"\\u00e9", b"\xe9") + b"}", id="Latin-1 }"),
        pytest.param(with_more('"x": "\\ud800"'), id="lone surrogate escaped"),
        pytest.param(with_more('"x": "?"').replace(b"?", b"\xed\xa0\x80"), id="lone surrogate"),
        pytest.param(with_more(f'"x": {"[" * 100_000}{"]" * 100_000}'), id="deep nesting"),
        pytest.param(with_more('"x": NaN'), id="NaN"),
        pytest.param(with_more('"x": [Infinity]'), id="Infinity"),
        pytest.param(with_more('"x": {"y": -Infinity}'), id="minus Infinity"),
        pytest.param(with_more(f'"x": {"9" * 10_000}'), id="a number of 10,000 digits"),
        pytest.param(with_more('"x": 1,'), id="trailing comma"),
        pytest.param(with_more('"x": 1 // why'), id="comment"),
    ],
)
def test_what_is_not_json_is_refused_with_line_and_column(value: bytes) -> None:
    assert refused(value).reason is Reason.NOT_JSON
    ((place, message),) = faults(value)
    assert place.startswith("line 1 column ")
    assert message.startswith("is not JSON: ")
    assert refused(b"\x00\x00\x00\x00\x07" + value).reason is not Reason.NOT_AN_EPISODE


def test_one_byte_order_mark_at_the_beginning_is_passed_over() -> None:
    mark = b"\xef\xbb\xbf"
    assert read_episode(mark + written()) == accepted(written())
    assert faults(mark + written(procedures=7)) == faults(written(procedures=7))
    assert refused(mark + mark + written()).reason is Reason.NOT_JSON
    assert refused(b" " + mark + written()).reason is Reason.NOT_JSON


def test_the_name_of_an_infinite_number_is_harmless_inside_text() -> None:
    assert accepted(written(note="NaN, Infinity and -Infinity")) == accepted(written())


def test_escaped_text_is_read_as_the_text_it_stands_for() -> None:
    value = written().replace(b"V44.4", b"\\u005644.4").replace(b"procedures", b"\\u0070rocedures")
    assert accepted(value) == accepted(written())


def test_a_record_over_the_limit_is_refused_without_being_read() -> None:
    value = b"[" + b" " * (MAX_RECORD_BYTES - 2) + b"]"
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    assert refused(value + b" ").reason is Reason.TOO_LARGE
    assert faults(value + b" ") == [("value", "has 1048577 bytes, more than the limit of 1048576")]


@pytest.mark.parametrize("field", ["episode_id", "provider_code", "procedures", "diagnoses"])
@pytest.mark.parametrize(
    "other", ["null", "1", '"E2"', '["V44.4"]', '[{"code": "A", "code": "B"}]']
)
def test_a_field_that_a_verdict_rests_on_may_stand_only_once(field: str, other: str) -> None:
    escaped = f"\\u{ord(field[0]):04x}{field[1:]}"
    for name in (field, escaped):
        value = b"{" + f'"{name}": {other}, '.encode() + written()[1:]
        assert refused(value).reason is Reason.NOT_AN_EPISODE
        assert (field, "is given more than once") in faults(value)


@pytest.mark.parametrize("fault", ['"procedures": 7', '"diagnoses": {}', '"withdrawn": true'])
@pytest.mark.parametrize(
    "name,attributed", [("provider_code", ("E1", None)), ("episode_id", (None, "R0A"))]
)
def test_identity_comes_from_names_given_once_whatever_else_is_wrong(
    name: str, attributed: tuple[str | None, str | None], fault: str
) -> None:
    value = f'{{"episode_id": "E1", "provider_code": "R0A", "{name}": "R0B", {fault}}}'
    rejection = refused(value.encode())
    assert (rejection.episode_id, rejection.provider_code) == attributed


@pytest.mark.parametrize("name", ["code", "c\\u006fde", "date", "position"])
@pytest.mark.parametrize("field", ["procedures", "diagnoses"])
def test_an_entry_may_have_each_of_its_members_once(field: str, name: str) -> None:
    entry = f'[{{"code": "V44.4"}}, "V55.1", {{"{name}": null, "code": "V44.5", "{name}": "V"}}]'
    value = json.dumps(GOOD | {field: None}).replace(f'"{field}": null', f'"{field}": {entry}')
    member = name.replace("\\u006f", "o")
    assert faults(value.encode()) == [(f"{field}[2].{member}", "is given more than once")]


def test_an_empty_slot_may_repeat_what_does_not_matter_in_it() -> None:
    slot = '{"code": "", "position": 1, "position": 2, "date": 1, "date": 2}'
    value = written(procedures=["V44.4", "?"]).replace(b'"?"', slot.encode())
    assert accepted(value).remarks == ()


@pytest.mark.parametrize(
    "member", ['"Withdrawn": true', '"withdraw": 1', '"is_deleted": "Y"', '"withdrawn": "ja"']
)
def test_what_seems_to_take_an_episode_back_is_refused_unless_it_has_codes(member: str) -> None:
    identity = '"episode_id": "E1", "provider_code": "R0A"'
    assert [place for place, _ in faults(f"{{{identity}, {member}}}".encode())] == ["withdrawn"]
    assert isinstance(read_episode(f'{{{identity}, {member}, "procedures": []}}'.encode()), Episode)


def test_what_says_that_an_episode_is_not_taken_back_does_no_harm() -> None:
    for member in '"deleted": false', '"cancelled": null':
        value = f'{{"episode_id": "E1", "provider_code": "R0A", {member}}}'
        assert isinstance(read_episode(value.encode()), Episode)


def test_withdrawn_may_stand_only_once() -> None:
    for first, second in (("true", "false"), ("false", "true"), ("true", "true")):
        value = with_more(f'"withdrawn": {first}, "withdrawn": {second}')
        assert faults(value) == [("withdrawn", "is given more than once")]


def test_names_given_twice_elsewhere_are_nobodys_business() -> None:
    value = with_more(
        '"x": {"code": 1, "code": 2}, "procedure": 1, "procedure": 2, "c\\u006fde": 1'
    )
    assert accepted(value) == accepted(written())


def test_names_of_fields_inside_unknown_fields_are_not_taken_for_them() -> None:
    assert accepted(written(before={"procedures": ["V44.4"], "code": NHS_NUMBER})) == accepted(
        written()
    )


@pytest.mark.parametrize(
    "diagnoses",
    [7, ["M" * 17], [7], [{}], {"code": 1}, ["M80.58"] * 201, entries(1, 1), {"diags": "M80.58"}],
    ids=str,
)
def test_diagnoses_that_cannot_be_read_are_left_out_of_an_episode_out_of_scope(
    diagnoses: object,
) -> None:
    value = written(diagnoses=diagnoses)
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    episode = accepted(value.replace(b"V44.4", OUT_OF_SCOPE[0].encode()))
    assert episode.diagnoses == []
    assert [remark.place for remark in episode.remarks] == ["diagnoses"]


@pytest.mark.parametrize(
    "members", ['"diagnoses": []', '"diagnoses": null, "diags": ["M80.58"]', '"x": "\\u0041"']
)
def test_names_of_diagnoses_do_not_matter_to_an_episode_out_of_scope(members: str) -> None:
    assert accepted(with_more(members, procedures=OUT_OF_SCOPE)).procedures == OUT_OF_SCOPE


def test_procedures_that_cannot_be_read_leave_no_episode_out_of_scope() -> None:
    places = [place for place, _ in faults(written(procedures=["W37.1", 7], diagnoses=8))]
    assert places == ["procedures[1]", "diagnoses"]


@pytest.mark.parametrize(
    "fields", [{}, {"procedures": 7}, {"diagnoses": {}, "diags": []}, {"spell_id": 1}]
)
def test_an_episode_taken_back_needs_nothing_but_its_identity(fields: dict[str, object]) -> None:
    for yes in (True, "true", "Y", 1):
        assert read_episode(written(withdrawn=yes, **fields)) == TAKEN_BACK
    for no in (False, "false", "N", 0, None):
        assert read_episode(written(withdrawn=no, **fields)) != TAKEN_BACK
    assert read_episode(b'{"episode_id":"E1","provider_code":"R0A","withdrawn":true}') == TAKEN_BACK


def test_an_episode_taken_back_without_identity_is_refused() -> None:
    assert faults(written(withdrawn=True, episode_id=None, procedures=7)) == [
        ("episode_id", "should be text")
    ]


@pytest.mark.parametrize("key", [b"R0A/E1", b" r0a / E1 ", b"R0A00/E1"])
def test_a_null_value_takes_back_the_episode_of_its_key(key: bytes) -> None:
    assert read_episode(None, key=key) == TAKEN_BACK


def test_an_identifier_in_a_key_may_have_slashes() -> None:
    assert read_episode(None, key=b"R0A/E/1") == Withdrawal(episode_id="E/1", provider_code="R0A")


@pytest.mark.parametrize(
    "key",
    [
        *(None, b"", b"E1", b"R0A", b"R0A/", b"R0A/ ", b"R0/E1", b"/E1", b"R0A/" + b"E" * 65),
        *(b"R0A/\xff", b'"R0A/E1"', b'{"payload":"R0A/E1"}'),
    ],
)
def test_a_null_value_without_a_usable_key_is_refused(key: bytes | None) -> None:
    rejection = refused(None, key)
    assert rejection.reason is Reason.NULL_VALUE
    assert [(fault.place, fault.message) for fault in rejection.errors] == [("value", "is null")]


@pytest.mark.parametrize(
    "value,identity",
    [
        (written(procedures=7), ("E1", "R0A")),
        (written(procedures=7, provider_code="r0a"), ("E1", "R0A")),
        (written(procedures=7, provider_code="?"), ("E1", None)),
        (written(procedures=7, episode_id=[]), (None, "R0A")),
        (with_more('"diagnoses": []'), ("E1", "R0A")),
        (with_more('"episode_id": "E2"'), (None, "R0A")),
        (b"[]", (None, None)),
        (b"{", (None, None)),
        (None, (None, None)),
    ],
)
def test_what_identifies_a_refused_record_is_kept_where_it_is_readable_and_certain(
    value: bytes | None, identity: tuple[str | None, str | None]
) -> None:
    rejection = refused(value)
    assert (rejection.episode_id, rejection.provider_code) == identity


@pytest.mark.parametrize(
    "value",
    [
        written(episode_id={"nhs": NHS_NUMBER}),
        written(episode_id=NHS_NUMBER * 10),
        written(provider_code=f"{NHS_NUMBER}-{NHS_NUMBER}"),
        written(procedures=[int(NHS_NUMBER), {"code": 1}, {"date": NHS_NUMBER}, NHS_NUMBER * 2]),
        written(procedures=entries(NHS_NUMBER, NHS_NUMBER), start_date=NHS_NUMBER * 2),
        with_more(f'"episode_id": "{NHS_NUMBER}"'),
        with_more(f'"{NHS_NUMBER}": {NHS_NUMBER}x'),
        NHS_NUMBER.encode(),
        f'"{NHS_NUMBER}'.encode(),
        f"{NHS_NUMBER},{NHS_NUMBER},{NHS_NUMBER}".encode(),
    ],
)
def test_a_fault_never_quotes_what_stands_in_the_record(value: bytes) -> None:
    rejection = refused(value)
    told = [rejection.hint or "", *(each.place + each.message for each in rejection.errors)]
    assert NHS_NUMBER not in "".join(told)


def test_of_many_faults_the_first_twenty_are_named() -> None:
    every = faults(written(procedures=[7] * MAX_FAULTS))
    assert len(every) == MAX_FAULTS == 20
    assert faults(written(procedures=[7] * 200, diagnoses=8)) == every


def test_columns_count_bytes_from_1() -> None:
    text = written(spell_id="é").decode().replace("\\u00e9", "é")[:-1] + ", }"
    ((place, _),) = faults(text.encode())
    found = re.fullmatch(r"line 1 column (\d+)", place)
    assert found
    assert text.encode()[int(found[1]) - 1 :] == b"}"
