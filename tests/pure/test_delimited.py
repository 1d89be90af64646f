import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DIAGNOSES, PROCEDURES, entries, episodes, procedure_lists

from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import Rejection
from schemas.verdict import Outcome
from streams.validation.check import judge, judge_read
from streams.validation.conversion import to_native
from streams.validation.reading import read_episode
from streams.validation.reading.column_names import ColumnNames, find_columns, read_column_names
from streams.validation.reading.columns import (
    CodeColumns,
    CodeRowColumns,
    EpisodeColumns,
    Unusable,
    is_header,
    recognise_columns,
)
from streams.validation.reading.rows import EpisodeReader, Row, read_code_rows, wrong_length


def wide(header: str) -> EpisodeColumns:
    columns = recognise_columns(header.split())
    assert isinstance(columns, EpisodeColumns)
    return columns


def long(header: str) -> CodeRowColumns:
    columns = recognise_columns(header.split())
    assert isinstance(columns, CodeRowColumns)
    return columns


def named(columns: EpisodeColumns) -> tuple[list[str], list[str]]:
    lists = columns.procedures, columns.diagnoses
    procedures, diagnoses = ([columns.names[each] for each in codes.columns] for codes in lists)
    return procedures, diagnoses


@pytest.mark.parametrize(
    "header,procedures,diagnoses",
    [
        ("OPERTN_02 OPERTN_01 DIAG_10 DIAG_9", "OPERTN_01 OPERTN_02", "DIAG_9 DIAG_10"),
        ("opertn_4_01 opertn_4_02 diag_01 diag_02", "opertn_4_01 opertn_4_02", "diag_01 diag_02"),
        (
            "DIAG_3_01 DIAG_3_02 DIAG_4_01 DIAG_4_02 OPERTN_3_02 OPERTN_4_01 OPERTN_4_02",
            "OPERTN_4_01 OPERTN_4_02",
            "DIAG_4_01 DIAG_4_02",
        ),
        ("DIAG_4_01 DIAG_4_02 DIAG_01 DIAG_02 OPERTN_3_01", "OPERTN_3_01", "DIAG_01 DIAG_02"),
        ("DIAG_4_01 DIAG_4_CONCAT OPERTN_4_01 OPERTN_4_CONCAT", "OPERTN_4_CONCAT", "DIAG_4_CONCAT"),
        ("OPERTN_01 DIAG_01", "OPERTN_01", "DIAG_01"),
        ("Der_Procedure_All Der_Diagnosis_All", "Der_Procedure_All", "Der_Diagnosis_All"),
        ("procedure_1 Procedure-2 diagnosis_1", "procedure_1 Procedure-2", "diagnosis_1"),
        ("procedures diagnoses type code", "procedures", "diagnoses"),
    ],
)
def test_codes_are_read_from_the_columns_that_hold_most_of_them(
    header: str, procedures: str, diagnoses: str
) -> None:
    columns = wide(f"EPIKEY PROCODE3 {header}")
    assert named(columns) == (procedures.split(), diagnoses.split())


@pytest.mark.parametrize(
    "header,expected",
    [
        ("PROCODE PROCODET PROCODE5 PROCODE3", "PROCODE3"),
        ("PROCODE PROCODET PROCODE5", "PROCODE5"),
        ("PROCODE PROCODET", "PROCODET"),
        ("Der_Provider_Code PROCODE", "PROCODE"),
    ],
)
def test_the_provider_is_the_organisation_where_it_is_named(header: str, expected: str) -> None:
    columns = wide(f"EPIKEY OPERTN_01 DIAG_01 {header}")
    assert columns.names[columns.members["provider_code"]] == expected


def test_dates_belong_to_the_codes_of_the_same_number() -> None:
    columns = wide("EPIKEY PROCODE3 DIAG_01 OPERTN_01 OPERTN_02 OPERTN_03 OPDATE_03 OPDATE_01")
    assert columns.procedures == CodeColumns((3, 4, 5), (7, None, 6))


@pytest.mark.parametrize(
    "header,message",
    [
        ("EPIKEY OPERTN_01 DIAG_01", "lacks provider codes"),
        ("PROCODE3 OPERTN_01 DIAG_01", "lacks episode ids"),
        ("EPIKEY PROCODE3 DIAG_01", "lacks procedures"),
        ("EPIKEY PROCODE3 code position", "lacks types of codes"),
        ("EPIKEY type code", "lacks provider codes"),
        ("APCS_Ident Der_Provider_Code Der_Procedure_All Der_Diagnosis_All", "is of spells"),
        ("EPIKEY PROCODE3 OPERTN_01 opertn_01 DIAG_01", "has two columns opertn_01"),
        (" ".join(f"DIAG_{n:02}" for n in range(20)), "DIAG_07, 12 more; add"),
        ("a b c", "found no name that is known"),
    ],
)
def test_a_header_that_lacks_something_says_what_was_found_and_what_is_missing(
    header: str, message: str
) -> None:
    unusable = recognise_columns(header.split())
    assert isinstance(unusable, Unusable)
    assert message in unusable.message
    assert unusable.message.isprintable()


def test_columns_that_are_not_read_may_have_the_same_name() -> None:
    assert wide("x x EPIKEY PROCODE3 OPERTN_01 DIAG_01").members["episode_id"] == 2


@given(st.lists(st.text(max_size=20), max_size=8))
def test_any_header_is_usable_or_not(names: list[str]) -> None:
    is_header(names)
    assert isinstance(recognise_columns(names), Unusable)


@pytest.mark.parametrize(
    "fields,expected",
    [
        ("EPIKEY,PROCODE3", True),
        ("EPIKEY,nonsense", False),
        ("id,trust,op1,dx1", True),
        ("Episode ID,Trust (ODS),Op 1", True),
        ("E1,R0A,V44.4,V55.1", False),
        ("1,R0A,V444", False),
        ("E1,R0A,banana,x", False),
        ("words, with, commas", False),
    ],
)
def test_a_header_is_told_from_data(fields: str, *, expected: bool) -> None:
    assert is_header(fields.split(",")) is expected


HES = (
    "EPIKEY,PROCODE3,SUSSPELLID,EPIORDER,EPISTART,EPIEND,withdrawn,OPERTN_01,OPDATE_01,OPERTN_02,"
    "OPDATE_02,DIAG_01,DIAG_02"
)
SUS = "APCE_Ident,Der_Provider_Code,Der_Procedure_All,Der_Diagnosis_All"
dates = st.sampled_from(
    ["", "2026-01-31", "2026-01-31 00:00:00.000", "1801-01-01", "1800-01-01T00:00", "31/01/2026"]
)
odd = st.sampled_from(["", "NULL", " ", "x" * 70, "7", "-", "V444,V551", "é"])
procedures = st.sampled_from(PROCEDURES) | odd
diagnoses = st.sampled_from(DIAGNOSES) | odd
rows = st.tuples(
    *(st.sampled_from(["E1", "7", " E1 "]) | odd, st.sampled_from(["R0A", "r0a00"]) | odd),
    *(odd, st.sampled_from(["1", "0", "01"]) | odd, dates | odd, dates | odd),
    st.sampled_from(["", "", "", "", "Y", "false"]) | odd,
    *(procedures, dates | odd, procedures, dates | odd, diagnoses, diagnoses),
)


@given(rows)
def test_a_clean_row_is_read_as_it_is_closely(row: tuple[str, ...]) -> None:
    reader = EpisodeReader(wide(HES.replace(",", " ")))
    members = reader._members(row)  # noqa: SLF001
    clean = reader._read_clean(members)  # noqa: SLF001
    closely = reader._read_closely(members)  # noqa: SLF001
    assert clean in (None, closely)
    if clean:
        assert isinstance(closely, Episode)
        assert (clean.format, clean.places, clean.remarks) == (
            *(closely.format, closely.places, closely.remarks),
        )
    assert reader.read(row) == closely
    if reader.is_out_of_scope(row):
        assert judge_read(closely).outcome is Outcome.OUT_OF_SCOPE


@pytest.mark.parametrize(
    "change,known",
    [
        ({}, True),
        ({"OPERTN_01": "X" * 17}, False),
        ({"OPERTN_01": "V44,4"}, False),
        ({"EPIKEY": "NULL"}, False),
        ({"EPIKEY": "4.1E+11"}, False),
        ({"EPIKEY": "x" * 65}, False),
        ({"PROCODE3": "R0"}, False),
        ({"withdrawn": "Y"}, False),
        ({"OPERTN_02": "banana", "DIAG_01": "?", "withdrawn": ""}, True),
    ],
)
def test_a_row_out_of_scope_is_known_at_once(change: dict[str, str], *, known: bool) -> None:
    row = {"EPIKEY": "1", "PROCODE3": "r0a", "OPERTN_01": "W371", "OPERTN_02": "-"}
    row |= {"DIAG_01": "M161", **change}
    assert EpisodeReader(wide(" ".join(row))).is_out_of_scope([*row.values()]) is known


def test_of_many_codes_in_one_column_a_vertebroplasty_is_seen_and_too_many_are_read() -> None:
    reader = EpisodeReader(wide("APCE_Ident Der_Provider_Code Der_Procedure_All Der_Diagnosis_All"))
    for procedures, known in (
        ("||W371,Z843", True),
        ("||W371,V446", False),
        ("W371," * 201, False),
    ):
        assert reader.is_out_of_scope(["1", "R0A", procedures, ""]) is known


@given(rows)
def test_every_place_of_a_verdict_is_a_column(row: tuple[str, ...]) -> None:
    names = HES.split(",")
    verdict = judge_read(EpisodeReader(wide(" ".join(names))).read(row))
    places = {finding.place for finding in verdict.findings}
    places |= {remark.place for remark in verdict.remarks}
    places |= {fault.place for fault in verdict.rejection.errors} if verdict.rejection else set()
    assert places <= {*names}


def test_a_row_of_hes_is_read_with_the_places_of_its_columns() -> None:
    row = ["7", "r0a00", "S1", "2", "2026-01-30", "1801-01-01", ""]
    row += ["V444", "2026-01-31", "banana", "soon", "M8058", "NULL"]
    read = EpisodeReader(wide(HES.replace(",", " "))).read(row)
    assert isinstance(read, Episode)
    assert read.format is Format.DELIMITED
    assert (read.episode_id, read.provider_code, read.spell_id) == ("7", "R0A", "S1")
    assert (read.episode_number, read.end_date) == (2, None)
    assert [remark.place for remark in read.remarks] == ["OPDATE_02"]
    finding = judge_read(read).findings[-1]
    assert (finding.rule, finding.place) == ("PX06", "OPERTN_02")


def test_codes_in_one_column_are_read_in_their_order() -> None:
    reader = EpisodeReader(wide(SUS.replace(",", " ")))
    read = reader.read(["1", "R0A", "||V444,V551||Z665 ;Y53.4", "NULL"])
    assert isinstance(read, Episode)
    assert read.procedures == ["V444", "V551", "Z665 ", "Y53.4"]
    assert judge_read(read).findings[0].place == "Der_Procedure_All[4]"
    many = reader.read(["1", "R0A", "W371," * 201, ""])
    assert isinstance(many, Rejection)
    assert many.errors[0].place == "Der_Procedure_All"


def test_a_row_may_take_an_episode_back() -> None:
    columns = wide("episode_id provider_code procedures diagnoses withdrawn")
    taken_back = EpisodeReader(columns).read(["E1", "R0A", "", "", "Y"])
    assert taken_back == Withdrawal(episode_id="E1", provider_code="R0A", format=Format.DELIMITED)


LONG = "episode_id provider_code type position code date EPIORDER"


def code_rows(*rows: str) -> list[Row]:
    return [Row(line, row.split(",")) for line, row in enumerate(rows, 2)]


def test_one_code_a_line_is_read_in_the_order_of_the_positions() -> None:
    rows = code_rows(
        "E1,R0A,OPCS-4,2,Y534,NULL,", "E1,R0A,Procedure,1,V444,soon,3", "E1,R0A,ICD 10,1,M8058,,"
    )
    read = read_code_rows(long(LONG), rows)
    verdict = judge_read(read)
    assert isinstance(read, Episode)
    assert read.episode_number == 3
    assert (verdict.procedures, verdict.diagnoses) == (("V44.4", "Y53.4"), ("M80.58",))
    assert {finding.place for finding in verdict.findings} == {"line 3, code"}
    assert [remark.place for remark in verdict.remarks] == ["line 3, date"]


def test_a_line_without_a_code_is_an_empty_slot_whatever_its_type() -> None:
    columns = long("episode_id provider_code type code")
    rows = code_rows("E1,R0A,procedure,", "E1,R0A,snomed,", "E1,R0A,diagnosis,M8058")
    read = read_code_rows(columns, rows)
    assert isinstance(read, Episode)
    assert judge_read(read).diagnoses == ("M80.58",)


def test_lines_that_cannot_be_used_refuse_the_episode() -> None:
    rows = code_rows("E1,R0A,snomed,1,777,,", "E1,R0A,opcs4,,V444,,", "E1,R0A,opcs4,1,Y534,,")
    rows.append(Row(5, ["E1"], wrong_length(LONG.split(), 1)))
    rejection = read_code_rows(long(LONG), rows)
    assert isinstance(rejection, Rejection)
    assert [fault.place for fault in rejection.errors] == [
        *("line 5, provider_code", "line 2, type", "line 3, position")
    ]
    assert rejection.episode_id == "E1"


def test_the_columns_of_the_identity_tell_episodes_apart() -> None:
    assert long("code type PROCODE3 EPIKEY").identity == (3, 2)


def test_a_row_of_the_wrong_length_names_the_first_column_that_is_off() -> None:
    assert wrong_length(["a", "b"], 1).errors[0].place == "b"
    assert wrong_length(["a", "b"], 4).errors[0].place == "column 3"


MAPPING = b"""
episode_id = "Ref"
provider_code = "Trust"
procedures = "Op {n} code"
procedure_dates = "Op {n} date"
diagnoses = ["Main", "Other"]
start_date = "From"
"""


def mapping(text: bytes) -> ColumnNames:
    names = read_column_names(text)
    assert isinstance(names, ColumnNames)
    return names


def test_columns_of_any_names_are_found() -> None:
    header = ["ref", "TRUST", "From", "Op 2 code", "Op 1 code", "Op 1 date", "Other", "Main"]
    columns = find_columns(mapping(MAPPING), header)
    assert columns == EpisodeColumns(
        tuple(header),
        CodeColumns((4, 3), (5, None)),
        CodeColumns((7, 6), (None, None)),
        {"episode_id": 0, "start_date": 2, "provider_code": 1},
    )


def test_dates_are_named_as_procedures_are() -> None:
    text = MAPPING.replace(b'"Op {n} code"', b'["Op 1 code", "Op 3 code"]')
    found = read_column_names(text)
    assert isinstance(found, Unusable)
    assert found.message.startswith("procedure_dates should be written as procedures are")


def test_a_constant_provider_and_several_codes_in_a_column_can_be_said() -> None:
    text = b"""
    episode_id = "Ref"
    provider_code = { value = "R0A" }
    procedures = { column = "Ops", separator = "/ " }
    diagnoses = "Dx"
    """
    columns = find_columns(mapping(text), ["Ref", "Ops", "Dx"])
    assert isinstance(columns, EpisodeColumns)
    read = EpisodeReader(columns).read(["1", "V444/V551 Z665", "M8058"])
    assert isinstance(read, Episode)
    assert read.procedures == ["V444", "V551", "Z665"]
    assert read.provider_code == "R0A"


@pytest.mark.parametrize(
    "change,message",
    [
        ((b'"Trust"', b'"Hospital"'), "has no column Hospital, wanted as provider_code"),
        ((b'"Ref"', b'"From"'), "has several columns From, wanted as episode_id"),
        ((b"{n} code", b"{n} x"), "has no columns Op {n} x, wanted as procedures"),
        ((b'"Op {n} code"', b'{column = "Ref", separator = "/"}'), "has no dates of procedures"),
    ],
)
def test_a_header_without_a_wanted_column_is_unusable(
    change: tuple[bytes, bytes], message: str
) -> None:
    header = ["Ref", "Trust", "From", "from", "Op 1 code", "Op 1 date", "Main", "Other"]
    names = mapping(MAPPING.replace(b'start_date = "From"', b"").replace(*change))
    unusable = find_columns(names, header)
    assert isinstance(unusable, Unusable)
    assert message in unusable.message


@pytest.mark.parametrize(
    "text,message",
    [
        (b"= 1", "is not TOML in UTF-8"),
        (b"\xff", "is not TOML in UTF-8"),
        (b"", "episode_id is missing; it should be the name of a column"),
        (MAPPING + b'ward = "Ward"', "has ward, which is none of episode_id, "),
        (MAPPING.replace(b'"Ref"', b"7"), "episode_id should be the name of a column"),
        (MAPPING.replace(b'"Trust"', b"{}"), "provider_code should be the name of a column or {"),
        (MAPPING.replace(b'["Main"', b"[7"), "diagnoses should be the name of a column, one with"),
    ],
)
def test_names_of_columns_that_cannot_be_read_say_why(text: bytes, message: str) -> None:
    unusable = read_column_names(text)
    assert isinstance(unusable, Unusable)
    assert unusable.message.startswith(message)


def comparable(value: bytes) -> dict[str, Any]:
    """Return a verdict without places; findings in the order of the codes."""
    fields = judge(value).model_dump(mode="json", exclude={"format", "remarks"})
    for finding in fields["findings"]:
        del finding["place"]
        if finding["fix"]:
            del finding["fix"]["anchor"]
    fields["findings"].sort(key=lambda each: (each["at"] is None, each["at"], each["rule"]))
    return fields


positioned = st.builds(
    lambda codes, order: [
        {"code": code, "position": position} for code, position in zip(codes, order, strict=False)
    ],
    procedure_lists,
    st.permutations(range(1, 60)),
)
more = st.fixed_dictionaries(
    {},
    optional={
        "spell_id": st.text(max_size=5) | st.integers(),
        "episode_number": st.integers(-1, 3),
        "start_date": st.sampled_from(["2026-01-31", "soon", "18000101"]),
        "end_date": st.sampled_from(["2026-01-31T10:00", None]),
        "withdrawn": st.booleans(),
        "procedures": positioned
        | entries(procedure_lists).map(lambda each: json.loads(json.dumps(each, default=str))),
    },
)


@given(episodes, more)
def test_an_episode_converted_gets_the_same_verdict(
    episode: Episode, other: dict[str, object]
) -> None:
    value = json.dumps(json.loads(episode.model_dump_json()) | other).encode()
    read = read_episode(value)
    assert not isinstance(read, Rejection)
    native = to_native(read)
    assert comparable(native) == comparable(value)
    again = read_episode(native)
    assert not isinstance(again, Rejection)
    assert to_native(again) == native


def test_a_withdrawal_is_converted_to_one() -> None:
    withdrawal = Withdrawal(episode_id="É1", provider_code="R0A")
    assert json.loads(to_native(withdrawal)) == {
        "episode_id": "É1",
        "provider_code": "R0A",
        "withdrawn": True,
    }
    assert read_episode(to_native(withdrawal)) == withdrawal
