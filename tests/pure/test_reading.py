import json
from typing import Any

import pytest

from schemas.episode import Episode
from schemas.rejection import MAX_FAULTS, Reason, Rejection
from streams.validation.reading import MAX_RECORD_BYTES, read_episode

GOOD: dict[str, Any] = {
    "episode_id": "E1",
    "provider_code": "R0A",
    "procedures": ["V44.4", {"code": "V55.1", "date": "2026-01-31"}],
    "diagnoses": ["M80.58"],
}
NHS_NUMBER = "9434765919"


def written(**fields: object) -> bytes:
    return json.dumps(GOOD | fields).encode()


def with_more(members: str) -> bytes:
    """Write the good record with more members at its end."""
    return json.dumps(GOOD).encode()[:-1] + b"," + members.encode() + b"}"


def refused(value: bytes | None) -> Rejection:
    read = read_episode(value)
    assert isinstance(read, Rejection)
    return read


def faults(value: bytes | None) -> list[tuple[str, str]]:
    return [(fault.place, fault.message) for fault in refused(value).errors]


def accepted(value: bytes) -> Episode:
    read = read_episode(value)
    assert isinstance(read, Episode)
    return read


def test_an_episode_is_read_with_its_codes_as_they_were_submitted() -> None:
    episode = accepted(written(procedures=[" v444 ", {"code": "V55.1"}], provider_code="r0a"))
    assert episode.procedures[0] == " v444 "
    assert not isinstance(episode.procedures[1], str)
    assert episode.procedures[1]["code"] == "V55.1"
    assert episode.provider_code == "R0A"


def test_fields_that_nobody_named_are_ignored() -> None:
    assert accepted(written(nhs_number=NHS_NUMBER)) == accepted(written())


def test_optional_fields_are_read() -> None:
    episode = accepted(
        written(spell_id="S1", episode_number=2, start_date="2026-01-30", end_date="2026-02-01")
    )
    assert (episode.spell_id, episode.episode_number) == ("S1", 2)
    assert (str(episode.start_date), str(episode.end_date)) == ("2026-01-30", "2026-02-01")


def test_a_null_value_is_refused_as_such() -> None:
    assert refused(None).reason is Reason.NULL_VALUE
    assert faults(None) == [("value", "is null")]


def test_a_record_over_the_limit_is_refused_without_being_read() -> None:
    value = b"[" + b" " * (MAX_RECORD_BYTES - 2) + b"]"
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    assert refused(value + b" ").reason is Reason.TOO_LARGE
    assert faults(value + b" ") == [("value", "has 1048577 bytes, more than the limit of 1048576")]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" ", id="blank"),
        pytest.param(b"episode", id="text"),
        pytest.param(json.dumps(GOOD).encode()[:-1], id="cut short"),
        pytest.param(json.dumps(GOOD).encode() + b"{}", id="two values"),
        pytest.param(json.dumps(GOOD).replace('"', "'").encode(), id="single quotes"),
        pytest.param(written(spell_id="é").replace(b"\\u00e9", b"\xe9"), id="Latin-1"),
        pytest.param(json.dumps(GOOD).encode("utf-16"), id="UTF-16"),
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


def test_a_byte_order_mark_is_called_by_its_name() -> None:
    value = b"\xef\xbb\xbf" + written()
    assert refused(value).reason is Reason.NOT_JSON
    assert faults(value) == [("line 1 column 1", "begins with a byte order mark")]


def test_the_name_of_an_infinite_number_is_harmless_inside_text() -> None:
    assert accepted(written(note="NaN, Infinity and -Infinity")) == accepted(written())


@pytest.mark.parametrize("value", [b"null", b"true", b"1", b'"V44.4"', b"[]", b"[{}]"])
def test_json_that_is_no_object_is_no_episode(value: bytes) -> None:
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    assert faults(value) == [("value", "should be an object")]


@pytest.mark.parametrize("field", ["episode_id", "provider_code", "procedures", "diagnoses"])
def test_a_required_field_that_is_missing_or_null_is_named(field: str) -> None:
    without = {name: value for name, value in GOOD.items() if name != field}
    assert faults(json.dumps(without).encode()) == [(field, "is required")]
    ((place, message),) = faults(written(**{field: None}))
    assert (place, message) in {(field, "should be text"), (field, "should be a list")}


@pytest.mark.parametrize(
    "fields,place,message",
    [
        ({"episode_id": 1}, "episode_id", "should be text"),
        ({"episode_id": ""}, "episode_id", "should not be empty"),
        ({"episode_id": "E" * 65}, "episode_id", "should have at most 64 characters"),
        ({"provider_code": "R0"}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"provider_code": "R" * 13}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"provider_code": "R0A\n"}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"provider_code": "R0Ä"}, "provider_code", "should be 3 to 12 letters and digits"),
        ({"procedures": "V44.4"}, "procedures", "should be a list"),
        ({"procedures": {}}, "procedures", "should be a list"),
        ({"diagnoses": ["M80.58"] * 201}, "diagnoses", "should have at most 200 entries"),
        ({"procedures": ["V" * 17]}, "procedures[0]", "should have at most 16 characters"),
        (
            {"procedures": ["V44.4", 1]},
            "procedures[1]",
            "should be a code, or an object with a code",
        ),
        ({"diagnoses": [None]}, "diagnoses[0]", "should be a code, or an object with a code"),
        ({"diagnoses": [["A"]]}, "diagnoses[0]", "should be a code, or an object with a code"),
        ({"diagnoses": [{}]}, "diagnoses[0].code", "is required"),
        ({"diagnoses": [{"code": None}]}, "diagnoses[0].code", "should be text"),
        (
            {"procedures": [{"code": "V" * 17}]},
            "procedures[0].code",
            "should have at most 16 characters",
        ),
        (
            {"procedures": [{"code": "V44.4", "date": "31.01.2026"}]},
            "procedures[0].date",
            "should be a date such as 2026-01-31",
        ),
        (
            {"procedures": [{"code": "V44.4", "date": 1}]},
            "procedures[0].date",
            "should be a date such as 2026-01-31",
        ),
        ({"start_date": "2026-02-30"}, "start_date", "should be a date such as 2026-01-31"),
        ({"end_date": 20260131}, "end_date", "should be a date such as 2026-01-31"),
        ({"episode_number": 1.5}, "episode_number", "should be a whole number"),
        ({"episode_number": "one"}, "episode_number", "should be a whole number"),
        ({"episode_number": []}, "episode_number", "should be a whole number"),
        ({"episode_number": -1}, "episode_number", "should be at least 0"),
        ({"episode_number": "9" * 5000}, "episode_number", "should be a smaller number"),
        ({"spell_id": "S" * 65}, "spell_id", "should have at most 64 characters"),
        ({"spell_id": 1}, "spell_id", "should be text"),
    ],
)
def test_a_fault_names_the_place_and_what_would_pass(
    fields: dict[str, object], place: str, message: str
) -> None:
    value = written(**fields)
    assert refused(value).reason is Reason.NOT_AN_EPISODE
    assert faults(value) == [(place, message)]


@pytest.mark.parametrize(
    "fields",
    [
        {"episode_id": "E" * 64},
        {"provider_code": "R0A"},
        {"provider_code": "R" * 12},
        {"procedures": ["V44.4"] * 200},
        {"diagnoses": []},
        {"procedures": ["V" * 16, ""]},
        {"episode_number": 0},
        {"spell_id": ""},
        {"start_date": None},
    ],
)
def test_values_at_the_limits_are_accepted(fields: dict[str, object]) -> None:
    assert accepted(written(**fields)).episode_id


@pytest.mark.parametrize("field", ["episode_id", "provider_code", "procedures", "diagnoses"])
@pytest.mark.parametrize(
    "other", ["null", "1", '"E2"', '["V44.4"]', '[{"code": "A", "code": "B"}]']
)
def test_a_field_that_a_verdict_rests_on_may_stand_only_once(field: str, other: str) -> None:
    escaped = f"\\u{ord(field[0]):04x}{field[1:]}"
    for name in (field, escaped):
        value = b"{" + f'"{name}": {other}, '.encode() + json.dumps(GOOD).encode()[1:]
        assert refused(value).reason is Reason.NOT_AN_EPISODE
        assert (field, "is given more than once") in faults(value)


@pytest.mark.parametrize("fault", ['"procedures": 7', '"diagnoses": {}', '"start_date": "soon"'])
@pytest.mark.parametrize(
    "name,attributed", [("provider_code", ("E1", None)), ("episode_id", (None, "R0A"))]
)
def test_identity_comes_from_names_given_once_whatever_else_is_wrong(
    name: str, attributed: tuple[str | None, str | None], fault: str
) -> None:
    value = f'{{"episode_id": "E1", "provider_code": "R0A", "{name}": "R0B", {fault}}}'
    rejection = refused(value.encode())
    assert (rejection.episode_id, rejection.provider_code) == attributed


@pytest.mark.parametrize("name", ["code", "c\\u006fde", "\\u0063\\u006f\\u0064\\u0065"])
@pytest.mark.parametrize("field", ["procedures", "diagnoses"])
def test_an_entry_may_have_only_one_code(field: str, name: str) -> None:
    entry = f'[{{"code": "V44.4"}}, "V55.1", {{"{name}": "V44.5", "code": "V44.4"}}]'
    value = json.dumps(GOOD | {field: None}).replace(f'"{field}": null', f'"{field}": {entry}')
    assert faults(value.encode()) == [(f"{field}[2].code", "is given more than once")]


def test_a_code_given_twice_is_found_among_many_that_stand_alone() -> None:
    entries = '["V44.4", "V55.1", "Y53.4", "Z66.5", {"code": "V44.5", "code": "V44.4"}]'
    value = json.dumps(GOOD | {"procedures": None}).replace("null", entries).encode()
    assert faults(value) == [("procedures[4].code", "is given more than once")]


def test_names_given_twice_elsewhere_are_nobodys_business() -> None:
    value = with_more(
        '"x": {"code": 1, "code": 2}, "procedure": 1, "procedure": 2, "c\\u006fde": 1'
    )
    assert accepted(value) == accepted(written())


def test_names_of_fields_inside_unknown_fields_are_not_taken_for_them() -> None:
    assert accepted(written(before={"procedures": ["V44.4"], "code": NHS_NUMBER})) == accepted(
        written()
    )


def test_escaped_text_is_read_as_the_text_it_stands_for() -> None:
    value = json.dumps(GOOD).replace("V44.4", "\\u005644.4").encode()
    assert accepted(value) == accepted(written())


@pytest.mark.parametrize(
    "value,identity",
    [
        (written(procedures=None), ("E1", "R0A")),
        (written(procedures=None, provider_code="r0a"), ("E1", "R0A")),
        (written(procedures=None, provider_code="?"), ("E1", None)),
        (written(procedures=None, episode_id=1), (None, "R0A")),
        (written(procedures=None, episode_id={"code": NHS_NUMBER}), (None, "R0A")),
        (with_more('"diagnoses": []'), ("E1", "R0A")),
        (with_more('"episode_id": "E2"'), (None, "R0A")),
        (with_more('"provider_code": "R0B"'), ("E1", None)),
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
        written(
            procedures=[
                int(NHS_NUMBER),
                {"code": int(NHS_NUMBER)},
                {"date": NHS_NUMBER},
                NHS_NUMBER * 2,
            ]
        ),
        written(diagnoses=NHS_NUMBER, start_date=NHS_NUMBER * 2, episode_number=f"{NHS_NUMBER}?"),
        with_more(f'"episode_id": "{NHS_NUMBER}"'),
        with_more(f'"{NHS_NUMBER}": {NHS_NUMBER}x'),
        NHS_NUMBER.encode(),
        f'"{NHS_NUMBER}'.encode(),
    ],
)
def test_a_fault_never_quotes_what_stands_in_the_record(value: bytes) -> None:
    assert NHS_NUMBER not in "".join(place + message for place, message in faults(value))


def test_of_many_faults_the_first_twenty_are_named() -> None:
    every = faults(written(procedures=[None] * MAX_FAULTS))
    assert len(every) == MAX_FAULTS == 20
    assert faults(written(procedures=[None] * 200, diagnoses=None)) == every


def test_of_many_repeated_codes_the_first_twenty_are_named() -> None:
    entries = ",".join(['{"code": "V44.4", "code": "V44.6"}'] * 30)
    value = json.dumps(GOOD | {"procedures": None}).replace("null", f"[{entries}]").encode()
    assert [place for place, _ in faults(value)] == [
        f"procedures[{index}].code" for index in range(20)
    ]
