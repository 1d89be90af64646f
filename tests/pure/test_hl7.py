import re
from datetime import date
from pathlib import Path
from time import process_time

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.episode import Episode, Format, code_of
from schemas.rejection import Reason, Rejection
from schemas.verdict import Outcome
from streams.validation.check import judge, judge_in_scope
from streams.validation.reading import read_episode
from streams.validation.reading.hints import HL7, SEVERAL_MESSAGES
from streams.validation.reading.hl7 import Hl7Fields

ROOT = Path(__file__).parents[2]
SAMPLES = [*ROOT.glob("tests/samples/hl7-v2/*.hl7")]
HEADER = r"MSH|^~\&|PAS|R0A|TIE|R0A|20260131120000||ADT^A03|1|P|2.4"
VISIT = "PV1|1|I|||||||||||||||||E1"
NO_OPCS = "holds no OPCS-4 code, and was left out"
NO_ICD = "holds no ICD-10 code, and was left out"
AS_OPCS = "is of an unknown coding system, and was read as OPCS-4"
AS_ICD = "is of an unknown coding system, and was read as ICD-10"
SECOND = "is a second code of one entry, and was left out"
PROVISIONAL = "is provisional beside others, and was left out"
NO_CODE = "is a text without a code, and was left out"
PLACE = re.compile(
    r"value|line [0-9]+ column [0-9]+|line [0-9]+|FHS|BHS|MSH\[2\]|MSH-9\.[12]|MSH-4\.1"
    r"|PV1-(?:19\.1|44|45)|(?:PR1|DG1)(?:\[[0-9]+\](?:-[0-9]+(?:\([0-9]+\))?(?:\.[14])?)?)?"
    r"|FT1\[[0-9]+\]-(?:19|25)"
)
MEBIBYTE = 1_048_576


def written(*segments: str, header: str = HEADER, visit: str = VISIT, end: str = "\r") -> bytes:
    return end.join([header, visit, *segments, ""]).encode()


def read(*segments: str, header: str = HEADER, visit: str = VISIT) -> Episode:
    episode = read_episode(written(*segments, header=header, visit=visit))
    assert isinstance(episode, Episode)
    assert episode.format is Format.HL7_V2
    return episode


def rejected(value: bytes) -> Rejection:
    rejection = read_episode(value)
    assert isinstance(rejection, Rejection)
    return rejection


def procedures(*segments: str) -> list[str | None]:
    return [code_of(entry) for entry in read(*segments).procedures]


def diagnoses(*segments: str) -> list[str | None]:
    return [code_of(entry) for entry in read(*segments).diagnoses]


def remarks(episode: Episode) -> list[tuple[str, str]]:
    return [(remark.place, remark.message) for remark in episode.remarks]


def dg1(number: object, code: str, kind: str = "", priority: object = "") -> str:
    return f"DG1|{number}||{code}|||{kind}|||||||||{priority}"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(
    "before,after",
    [
        (b"", b""),
        (b"\x0b", b"\x1c\r"),
        (b"\xef\xbb\xbf", b""),
        (b"\x0b\xef\xbb\xbf", b"\x1c\r"),
        (b" \r\n", b"\n"),
        (b"\n\x0b", b""),
    ],
)
def test_a_message_is_read_whatever_ends_its_segments_and_stands_around_it(
    end: str, before: bytes, after: bytes
) -> None:
    message = written("PR1|1||V44.4^^OPCS4", "DG1|1||M80.58^^ICD10", end=end)
    episode = read_episode(before + message + after)
    assert isinstance(episode, Episode)
    assert (episode.episode_id, episode.provider_code) == ("E1", "R0A")
    assert [*map(code_of, episode.procedures)] == ["V44.4"]
    assert [*map(code_of, episode.diagnoses)] == ["M80.58"]
    assert episode.remarks == ()


@pytest.mark.parametrize("kind", ["ADT^A03", "ADT", "adt^A08^ADT_A01", "BAR^P12", "DFT^P03"])
def test_admissions_accounts_and_charges_are_read(kind: str) -> None:
    assert read(header=HEADER.replace("ADT^A03", kind)).procedures == []


@pytest.mark.parametrize("kind", ["ORU^R01", "", '""', "ADTX", "ACK"])
def test_a_message_of_another_kind_is_refused_with_the_kinds_that_are_read(kind: str) -> None:
    rejection = rejected(written(header=HEADER.replace("ADT^A03", kind)))
    assert (rejection.reason, rejection.hint) == (Reason.UNKNOWN_FORMAT, HL7.text)
    assert [fault.place for fault in rejection.errors] == ["MSH-9.1"]


@pytest.mark.parametrize(
    "value,place",
    [
        (written() + written(), "MSH[2]"),
        (b"\x0b" + written() + b"\x1c\r\x0b" + written() + b"\x1c\r", "MSH[2]"),
        (b"FHS|^~\\&|PAS\r" + written(), "FHS"),
        (b"\x0bBHS|^~\\&|PAS\r" + written() + b"BTS|1\r", "BHS"),
    ],
)
def test_several_messages_in_one_record_are_refused(value: bytes, place: str) -> None:
    rejection = rejected(value)
    assert (rejection.reason, rejection.hint) == (Reason.NOT_AN_EPISODE, SEVERAL_MESSAGES.text)
    assert [fault.place for fault in rejection.errors] == [place]


def test_a_message_without_codes_is_an_episode_out_of_scope() -> None:
    verdict = judge(written())
    assert (verdict.outcome, verdict.format) == (Outcome.OUT_OF_SCOPE, Format.HL7_V2)
    assert not verdict.remarks


def test_missing_identity_is_named_where_it_was_looked_for() -> None:
    rejection = rejected(written(header=HEADER.replace("R0A", ""), visit="PV1|1"))
    assert rejection.reason is Reason.NOT_AN_EPISODE
    faults = [(fault.place, fault.message) for fault in rejection.errors]
    assert faults == [("PV1-19.1", "is required"), ("MSH-4.1", "is required")]
    rejection = rejected(written(visit='PV1|||||||||||||||||||""'))
    assert [fault.place for fault in rejection.errors] == ["PV1-19.1"]
    assert rejection.provider_code == "R0A"


@pytest.mark.parametrize(
    "path,expected",
    [
        ("PID-18", "ACC"),
        ("PID-18.4", "NHS"),
        ("PID-18.4.2", "1.2.3"),
        ("PID-3.1", "999"),
        ("ZV1-2.1", "Z"),
        ("MSH-10", "1"),
    ],
)
def test_identity_is_read_from_the_fields_that_are_configured(path: str, expected: str) -> None:
    fields = Hl7Fields(episode_id=path, provider_code="PV1-3.4.1")
    message = written(
        f"PID|1||999~998{'|' * 15}ACC^^^NHS&1.2.3", "ZV1|1|Z", visit="PV1|1|I|W^1^2^R0B&4"
    )
    episode = read_episode(message, hl7=fields)
    assert isinstance(episode, Episode)
    assert (episode.episode_id, episode.provider_code) == (expected, "R0B")
    assert judge(message, hl7=fields).episode_id == expected
    assert judge(message).provider_code == "R0A"
    in_scope = message + b"PR1|1||V44.4\r"
    assert judge_in_scope(in_scope, hl7=fields) == judge(in_scope, hl7=fields)


def test_the_place_of_missing_identity_is_the_configured_field() -> None:
    rejection = read_episode(written(), hl7=Hl7Fields("ZV1-2.1", "PV1-39"))
    assert isinstance(rejection, Rejection)
    assert [fault.place for fault in rejection.errors] == ["ZV1-2.1", "PV1-39"]


@pytest.mark.parametrize(
    "field,code,place",
    [
        ("V44.4", "V44.4", "PR1[1]-3.1"),
        ("V44.4^Vertebroplasty", "V44.4", "PR1[1]-3.1"),
        ("V44.4&x^Vertebroplasty^OPCS4&1", "V44.4", "PR1[1]-3.1"),
        ("447785000^Vertebroplasty^SCT^V44.4^Vertebroplasty^OPCS4", "V44.4", "PR1[1]-3.4"),
        ("447785000^Vertebroplasty^SCT^V44.4", "V44.4", "PR1[1]-3.4"),
        ("^Vertebroplasty^^V44.4", "V44.4", "PR1[1]-3.4"),
        ("V44.4^^OPCS4^447785000^^SCT", "V44.4", "PR1[1]-3.1"),
        ("V44.4^^OPCS4^V44.6^^OPCS4", "V44.4", "PR1[1]-3.1"),
        ("447785000^^^V44.4^^", "V44.4", "PR1[1]-3.4"),
        ("447785000^^^V44.4X", "V44.4X", "PR1[1]-3.4"),
        ("V44.4^^^447785000", "V44.4", "PR1[1]-3.1"),
        ("V44.41^^^LOC123", "V44.41", "PR1[1]-3.1"),
        ("LOC123^^^V44.4^^L", "V44.4", "PR1[1]-3.4"),
        ("V55.1^^L^V44.4", "V44.4", "PR1[1]-3.4"),
        ("V55.1^^L^V44.41^^OPCS4", "V44.41", "PR1[1]-3.4"),
        ("447785000^^SCT^V44.4^^L", "V44.4", "PR1[1]-3.4"),
    ],
)
def test_a_procedure_is_the_first_code_that_is_of_opcs_4(field: str, code: str, place: str) -> None:
    episode = read(f"PR1|1||{field}")
    assert [*map(code_of, episode.procedures)] == [code]
    assert (episode.places or {})["procedures[0].code"] == place


@pytest.mark.parametrize(
    "system",
    ["OPCS4", "OPCS-4", "opcs4", "O4", "OP4", "OPCS", "OPCS 4.10", "OPCS4.9", "NHS OPCS-4", "o-4"],
)
def test_names_of_opcs_4_are_known(system: str) -> None:
    assert procedures(f"PR1|1||V44.4^^{system}") == ["V44.4"]
    assert procedures(f"PR1|1|{system}|V44.4") == ["V44.4"]
    assert diagnoses(f"DG1|1||M80.58^^{system}") == []


@pytest.mark.parametrize(
    "system",
    ["ICD10", "ICD-10", "icd 10", "I10", "ICD10-UK", "I10-2016", "ICD", "WHO ICD-10", "I10UK"],
)
def test_names_of_icd_10_are_known(system: str) -> None:
    assert diagnoses(f"DG1|1||M80.58^^{system}") == ["M80.58"]
    assert diagnoses(f"DG1|1|{system}|M80.58") == ["M80.58"]
    assert procedures(f"PR1|1||V44.4^^{system}") == []


@pytest.mark.parametrize("system", ["SCT", "SNM", "SNOMED CT", "C4", "CPT", "ICD10-PCS", "L", "4"])
def test_a_procedure_of_another_system_is_left_out_with_a_remark(system: str) -> None:
    for segment in (f"PR1|1||80146002^^{system}", f"PR1|1|{system}|80146002"):
        assert remarks(read("PR1|2||V44.4", segment)) == [("PR1[2]-3.1", NO_OPCS)]


@pytest.mark.parametrize("system", ["SCT", "I9", "ICD9", "ICD-10-CM", "I10C", "I10P", "ICD-9-CM"])
def test_a_diagnosis_of_another_system_is_left_out_with_a_remark(system: str) -> None:
    for segment in (f"DG1|1||M80.58^^{system}", f"DG1|1|{system}|M80.58"):
        assert remarks(read(segment)) == [("DG1[1]-3.1", NO_ICD)]


@pytest.mark.parametrize("system", ["L", "OPC4", "NHSPROC", "01", "4.10", "99LOC"])
def test_a_procedure_of_an_unknown_system_is_read_by_its_shape(system: str) -> None:
    for segment in (f"PR1|1||{{}}^^{system}", f"PR1|1|{system}|{{}}"):
        for code in ("V44.4", "v444", "V44.4X"):
            episode = read(segment.format(code))
            assert [*map(code_of, episode.procedures)] == [code]
            assert remarks(episode) == [("PR1[1]-3.1", AS_OPCS)]
        for code in ("80146002", "LOC123", "-", "X998", "V444" * 5):
            assert remarks(read(segment.format(code))) == [("PR1[1]-3.1", NO_OPCS)]


@pytest.mark.parametrize("system", ["ICDX", "WHO", "10", "L", "99LOC"])
def test_a_diagnosis_of_an_unknown_system_is_read_by_its_shape(system: str) -> None:
    for segment in (f"DG1|1||{{}}^^{system}", f"DG1|1|{system}|{{}}"):
        episode = read(segment.format("M80.58"))
        assert [*map(code_of, episode.diagnoses)] == ["M80.58"]
        assert remarks(episode) == [("DG1[1]-3.1", AS_ICD)]
        for code in ("M80.58XA", "80146002", "-"):
            assert remarks(read(segment.format(code))) == [("DG1[1]-3.1", NO_ICD)]


@pytest.mark.parametrize(
    "system",
    [
        *("SCT", "SNOMED-CT", "SNM3", "SNT", "RC", "RCT", "Read codes", "CTV3", "CPT4", "C4", "C5"),
        *("CCSD", "LN", "LOINC", "HCPCS", "HRG4", "ICPC-2", "DSM-5", "ICD-9", "I9C", "I9CDX"),
        *("ICD-10-CM", "ICD10PCS", "I10P", "I10C", "ICD-11", "I11", "ICD-O"),
    ],
)
def test_a_code_of_a_known_other_system_is_left_out_whatever_its_shape(system: str) -> None:
    episode = read(f"PR1|1||V44.4^^{system}", f"DG1|1||M80.5^^{system}")
    assert not episode.procedures + episode.diagnoses
    assert remarks(episode) == [("PR1[1]-3.1", NO_OPCS), ("DG1[1]-3.1", NO_ICD)]
    assert episode.unread_procedures == 1


def test_a_second_code_of_one_entry_is_left_out_with_a_remark() -> None:
    for field in ("V44.4^x^OPCS4^V44.6^x^OPCS4", "V44.4^x^OPCS4^V44.6", "V44.4^^^V44.6"):
        episode = read(f"PR1|1||{field}")
        assert [*map(code_of, episode.procedures)] == ["V44.4"]
        assert remarks(episode) == [("PR1[1]-3.4", SECOND)]
    same = ("V44.4^^OPCS4^V444^^OPCS4", "V44.4^^OPCS4^447785000", "V44.4^^OPCS4^V44.6^^L")
    for field in (*same, "447785000^^^V44.4", "V44.4^^OPCS4^447785000^^SCT"):
        assert not read(f"PR1|1||{field}").remarks


def test_an_alternate_code_beside_another_system_is_read_only_by_its_shape() -> None:
    for method in ("", "OPCS4"):
        episode = read(f"PR1|1|{method}|447785000^Perc^SCT^LOC123^local")
        assert not episode.procedures
        assert remarks(episode) == [("PR1[1]-3.1", NO_OPCS)]
        assert procedures(f"PR1|1|{method}|447785000^Perc^SCT^V44.4X") == ["V44.4X"]
    assert diagnoses("DG1|1||1^x^SCT^LOC123") == []
    assert diagnoses("DG1|1||1^x^SCT^M80.58") == ["M80.58"]


def test_a_text_without_a_code_is_left_out_with_a_remark() -> None:
    episode = read("PR1|6|||Vertebroplasty of spine", "DG1|1||  |Fracture", "PR1|7||| ")
    assert remarks(episode) == [("PR1[1]-4", NO_CODE), ("DG1[1]-4", NO_CODE)]
    assert episode.unread_procedures == 1
    assert not read("PR1|6||V44.4|Vertebroplasty of spine").remarks


def test_codes_of_charges_are_left_out_with_a_remark_where_there_are_no_others() -> None:
    charge = f"FT1|1{'|' * 18}M80.58^^ICD10{'|' * 6}V44.4^^OPCS4"
    only_charges = read("FT1|1", charge)
    assert not only_charges.procedures + only_charges.diagnoses
    assert remarks(only_charges) == [
        ("FT1[2]-25", "is read from PR1 segments only, and was left out"),
        ("FT1[2]-19", "is read from DG1 segments only, and was left out"),
    ]
    assert not read(charge, "PR1|1||V44.4", dg1(1, "M80.58")).remarks


def test_the_system_of_a_code_counts_more_than_the_method_of_its_segment() -> None:
    assert procedures("PR1|1|SCT|V44.4^^OPCS4") == ["V44.4"]
    assert procedures("PR1|1|OPCS4|447785000^^SCT^V44.4") == ["V44.4"]
    assert procedures("PR1|1|OPCS4|447785000^^SCT") == []


def test_each_repetition_is_a_code_in_its_order_and_has_its_own_place() -> None:
    episode = read("PR1|1||V44.4^^OPCS4~447785000^^SCT~~V55.1^^OPCS4|x|20260131")
    assert [*map(code_of, episode.procedures)] == ["V44.4", "V55.1"]
    assert (episode.places or {})["procedures[1].code"] == "PR1[1]-3(4).1"
    assert (episode.places or {})["procedures[1].date"] == "PR1[1]-5"
    assert remarks(episode) == [("PR1[1]-3(2).1", NO_OPCS)]


def test_a_segment_without_a_code_is_passed_over_and_one_with_only_words_remarked_on() -> None:
    episode = read("PR1|1", "PR1|2||", 'PR1|3||""', "PR1|4||^Vertebroplasty", "PR1|5||V44.4")
    assert [*map(code_of, episode.procedures)] == ["V44.4"]
    assert remarks(episode) == [("PR1[3]-3.1", NO_OPCS), ("PR1[4]-3.1", NO_OPCS)]


@pytest.mark.parametrize(
    "set_ids,expected",
    [
        ("1 2 3", "V44.4 V55.1 Z66.5"),
        ("3 1 2", "V55.1 Z66.5 V44.4"),
        ("10 9 11", "V55.1 V44.4 Z66.5"),
        ("0 1 2", "V44.4 V55.1 Z66.5"),
        ("2 1 1", "V44.4 V55.1 Z66.5"),
        ("2 x 1", "V44.4 V55.1 Z66.5"),
        ("3 2 9999999999", "V44.4 V55.1 Z66.5"),
    ],
)
def test_set_ids_order_procedures_where_they_are_different_numbers(
    set_ids: str, expected: str
) -> None:
    codes = zip(set_ids.split(), ["V44.4", "V55.1", "Z66.5"], strict=True)
    assert procedures(*(f"PR1|{set_id}||{code}" for set_id, code in codes)) == expected.split()
    assert procedures("PR1|||V44.4", "PR1|1||V55.1") == ["V44.4", "V55.1"]


@pytest.mark.parametrize(
    "priorities,expected",
    [
        ("2 1 3", "B A C"),
        ("2 1 2", "B C A"),
        ("0 2 1", "C B A"),
        ("2 2 2", "C B A"),
        ("1 - 2", "C B A"),
        ("2 1.5 1", "C B A"),
    ],
)
def test_priorities_order_diagnoses_where_every_one_has_it_and_set_ids_else(
    priorities: str, expected: str
) -> None:
    given = zip([3, 2, 1], "ABC", priorities.replace("-", "").split(" "), strict=True)
    segments = [dg1(set_id, code, priority=priority) for set_id, code, priority in given]
    assert diagnoses(*segments) == expected.split()
    left_out = [dg1(4, "1^^SCT"), "DG1|5", f"{dg1(6, 'D')}||||||D"]
    assert diagnoses(*segments, *left_out) == expected.split()


def test_provisional_diagnoses_are_left_out_only_where_there_are_others() -> None:
    assert diagnoses(dg1(1, "R52.9", "A"), dg1(2, "M80.58", "W")) == ["R52.9", "M80.58"]
    assert diagnoses(dg1(1, "R52.9", "A"), dg1(2, "M80.58")) == ["R52.9", "M80.58"]
    episode = read(dg1(1, "R52.9", "A^Admitting"), dg1(2, "M80.58", "F"), dg1(3, "I10X"))
    assert [*map(code_of, episode.diagnoses)] == ["M80.58", "I10X"]
    assert remarks(episode) == [("DG1[1]-6", PROVISIONAL)]
    assert diagnoses(dg1(1, "R52.9", "A"), dg1(2, "M80.58", "F", 1), dg1(3, "I10X", "F", 0)) == [
        "M80.58",
        "I10X",
    ]


@pytest.mark.parametrize("kind", ["Admitting", "working", " a ", "PROVISIONAL"])
def test_provisional_types_are_known_in_words(kind: str) -> None:
    assert diagnoses(dg1(1, "R52.9", kind), dg1(2, "M80.58", "Final")) == ["M80.58"]
    assert diagnoses(dg1(1, "R52.9", kind), dg1(2, "M80.58", "")) == ["R52.9", "M80.58"]


def test_a_provisional_diagnosis_is_left_out_beside_a_final_one_that_cannot_be_read() -> None:
    for final in (dg1(2, "46675001^^SCT", "F"), "DG1|2|||Osteoporotic fracture||F"):
        episode = read(dg1(1, "R52.9", "A"), final)
        assert episode.diagnoses == []
        assert remarks(episode)[0] == ("DG1[1]-6", PROVISIONAL)
        assert len(episode.remarks) == 2
    deleted = f"{dg1(2, '1^^SCT', 'F')}||||||D"
    for none in (deleted, dg1(2, "", "F"), dg1(2, "1^^SCT")):
        assert diagnoses(dg1(1, "R52.9", "A"), none) == ["R52.9"]


def test_codes_that_a_message_deletes_are_left_out_with_a_remark() -> None:
    episode = read(
        f"PR1|1||V44.4{'|' * 17}A",
        f"PR1|2||V44.6{'|' * 17}D",
        f"DG1|1||M80.58{'|' * 18}U",
        f"DG1|2||R52.9{'|' * 18}D",
    )
    assert [*map(code_of, episode.procedures + episode.diagnoses)] == ["V44.4", "M80.58"]
    message = "deletes the code, which was left out"
    assert remarks(episode) == [("PR1[2]-20", message), ("DG1[2]-21", message)]


@pytest.mark.parametrize(
    "timestamp,day",
    [
        ("20260131", date(2026, 1, 31)),
        ("202601312359", date(2026, 1, 31)),
        ("20260131235959.1234+0100^S", date(2026, 1, 31)),
        ("2026013123", date(2026, 1, 31)),
        ("2026-01-31T10:00", date(2026, 1, 31)),
        ('""', None),
        ("", None),
    ],
)
def test_dates_are_the_days_of_timestamps(timestamp: str, day: date | None) -> None:
    visit = f"{VISIT}{'|' * 25}{timestamp}|{timestamp}"
    episode = read(f"PR1|1||V44.4||{timestamp}", visit=visit)
    assert episode.start_date == episode.end_date == day
    (procedure,) = episode.procedures
    assert isinstance(procedure, dict)
    assert procedure.get("date") == day
    assert not episode.remarks


def test_what_is_no_date_is_left_out_with_a_remark() -> None:
    episode = read("PR1|1||V44.4||202601", visit=f"{VISIT}{'|' * 25}202613|spring")
    assert [place for place, _ in remarks(episode)] == ["PR1[1]-5", "PV1-44", "PV1-45"]


@pytest.mark.parametrize("kind", ["ADT^A11", "ADT^A13", "adt^a23 ", "BAR^P02"])
def test_a_cancellation_is_read_and_is_no_withdrawal(kind: str) -> None:
    episode = read("PR1|1||V44.4", header=HEADER.replace("ADT^A03", kind))
    assert [place for place, _ in remarks(episode)] == ["MSH-9.2"]


@pytest.mark.parametrize("kind", ["ADT^A01", "BAR^A11", "ADT^P02", "DFT^A13"])
def test_what_cancels_nothing_has_no_remark(kind: str) -> None:
    assert not read("PR1|1||V44.4", header=HEADER.replace("ADT^A03", kind)).remarks


def test_lines_that_are_no_segments_are_left_out_with_one_remark() -> None:
    episode = read("NTE|1||first", " second line", "", "pr1|1||V44.4", "ZZ", "PR1|1||V44.4")
    text = "is the first of 3 lines that are no segments, and were left out"
    assert remarks(episode) == [("line 4", text)]
    assert remarks(read("x")) == [("line 3", "is no segment, and was left out")]


def test_a_letter_in_a_message_hides_no_code_that_was_left_out() -> None:
    episode = read(*["x"] * 25, "PR1|1||447785000^^SCT", "DG1|1||M80.58^^ICD10CM")
    expected = [("PR1[1]-3.1", NO_OPCS), ("DG1[1]-3.1", NO_ICD)]
    assert [each for each in remarks(episode) if each[0] != "line 3"] == expected
    assert len(episode.remarks) == 3


def test_findings_fixes_and_faults_have_places_of_the_message() -> None:
    verdict = judge(written("PR1|2||V55.1", "PR1|1||V44.4", "PR1|3||Z66.5"))
    places = [finding.place for finding in verdict.findings]
    assert places == ["PR1[2]-3.1", "DG1"]
    assert verdict.findings[0].fix is not None
    assert verdict.findings[0].fix.anchor == "PR1[1]-3.1"
    rejection = rejected(written("PR1|1||V44.4", "PR1|2||V55.1 Y53.4 Z66.5 Z94.2 Z94.3"))
    assert [fault.place for fault in rejection.errors] == ["PR1[2]-3.1"]


def test_too_many_codes_and_too_many_segments_are_refused() -> None:
    for segments in (["PR1|||V44.4"] * 250, ["PR1|||" + "V44.4~" * 900]):
        rejection = rejected(written(*segments))
        faults = [(fault.place, fault.message) for fault in rejection.errors]
        assert faults == [("PR1", "should have at most 200 entries")]
    rejection = rejected(written(*["PR1|||1^^SCT"] * 1001))
    assert [(fault.place, fault.message) for fault in rejection.errors] == [
        ("PR1", "stands more than 1000 times")
    ]
    assert (rejection.episode_id, rejection.provider_code) == ("E1", "R0A")
    assert isinstance(read_episode(written(*["PR1|||1^^SCT"] * 1000)), Episode)
    for count, message in (3, "should have at most 200 entries"), (4, "holds more than 1000 codes"):
        rejection = rejected(written(*["PR1|||" + "V44.4~" * 300] * count))
        assert [(fault.place, fault.message) for fault in rejection.errors] == [("PR1", message)]


def test_the_page_shows_a_message_with_its_verdict() -> None:
    page = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    message, said = re.findall(r"```text\n(MSH.*?)```\n\n(.*?)\n", page, re.DOTALL)[0]
    verdict = judge(message.encode())
    (finding,) = verdict.findings
    assert finding.fix is not None
    quoted = [verdict.episode_id, verdict.provider_code, verdict.outcome, finding.rule]
    quoted += [finding.place, finding.fix.anchor, *(remark.place for remark in verdict.remarks)]
    assert re.findall(r"`(.*?)`", said) == quoted


@pytest.mark.parametrize(
    "delimiters,component,repetition",
    [
        ("^~\\&", "^", "~"),
        ("^~\\&#", "^", "~"),
        ("^~\\\\&", "^", "~"),
        (":*!+", ":", "*"),
        ("@", "@", "~"),
        ("", "^", "~"),
    ],
)
def test_delimiters_are_those_of_the_message(
    delimiters: str, component: str, repetition: str
) -> None:
    header = f"MSH|{delimiters}|PAS|R0A|||||ADT{component}A03"
    field = f"V44.4{component}{component}OPCS4{repetition}V55.1{component}{component}OPCS4"
    episode = read(f"PR1|1||{field}", header=header)
    assert [*map(code_of, episode.procedures)] == ["V44.4", "V55.1"]


@pytest.mark.parametrize(
    "escaped,plain",
    [
        (r"A\F\B\S\C\T\D\R\E\E\F", "A|B^C&D~E\\F"),
        (r"A\X42C3A9\D", "ABéD"),
        (r"A\XE9\D", "AéD"),
        (r"A\X4\D\H\E\.br\F", r"A\X4\D\H\E\.br\F"),
        ("A\\", "A\\"),
    ],
)
def test_escapes_are_read(escaped: str, plain: str) -> None:
    assert read(visit=VISIT.replace("E1", escaped)).episode_id == plain


@pytest.mark.parametrize(
    "declared,encoding",
    [
        ("", "utf-8"),
        ("", "latin-1"),
        ("UNICODE UTF-8", "utf-8"),
        ("UNICODE", "utf-8"),
        ("ASCII", "utf-8"),
        ("ASCII", "latin-1"),
        ("8859/1", "latin-1"),
        ("8859/1", "cp1252"),
        ("8859/2", "iso8859-2"),
        ("8859/15~UNICODE", "iso8859-15"),
        ("windows-1252", "cp1252"),
        ("UTF-8", "latin-1"),
        ("made-up", "utf-8"),
    ],
)
def test_text_is_read_in_the_encoding_that_is_declared_or_found(
    declared: str, encoding: str
) -> None:
    message = written(header=f"{HEADER}||||||{declared}", visit=VISIT.replace("E1", "É1"))
    episode = read_episode(message.decode().encode(encoding))
    assert isinstance(episode, Episode)
    assert episode.episode_id == "É1"


@pytest.mark.parametrize("declared", ["8859/1", "WINDOWS-1252", "", "UNICODE UTF-8", "ASCII"])
def test_the_signs_of_windows_1252_are_read_where_latin_1_is_declared_or_nothing_fits(
    declared: str,
) -> None:
    message = written(header=f"{HEADER}||||||{declared}")
    verdict = judge(message + b"PR1|1||V44.4\rDG1|1||C79.5\x86\rPID|1|\x81\r")
    assert verdict.diagnoses == ("C79.5D",)
    assert not [each for each in verdict.findings if each.rule == "DX04"]


def test_bytes_that_their_encoding_lacks_are_read_all_the_same() -> None:
    message = written(header=f"{HEADER}||||||CP1252", visit="PV1") + b"PID|\x81\rPR1|1||V44.4"
    assert [fault.place for fault in rejected(message).errors] == ["PV1-19.1"]


@given(
    episode_id=st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc", "Zs"]),
        min_size=1,
        max_size=64,
    ).filter(lambda text: text != '""'),
    codes=st.lists(st.sampled_from(["V44.4", "V551", "Y53.4", "Z66.5"]), max_size=5),
)
def test_what_the_hl7_package_writes_is_read(episode_id: str, codes: list[str]) -> None:
    message = hl7.parse(f"{HEADER}\r{VISIT}\r")
    message.assign_field(message.escape(episode_id), "PV1", 1, 19)
    for number, code in enumerate(codes, 1):
        message.append(
            message.create_segment([message.create_field(["PR1"]), message.create_field([])])
        )
        message.assign_field(str(number), "PR1", number, 1)
        message.assign_field(code, "PR1", number, 3, 1, 1)
        message.assign_field("OPCS4", "PR1", number, 3, 1, 3)
        message.assign_field("20260131", "PR1", number, 5)
    episode = read_episode(str(message).encode())
    assert isinstance(episode, Episode)
    assert episode.episode_id == episode_id
    assert [*map(code_of, episode.procedures)] == codes
    assert episode.remarks == ()


def verify_total(value: bytes) -> None:
    """Check what holds of any record: one outcome, and nothing quoted but its places."""
    verdict = judge(value)
    assert verdict == judge(value)
    rejection = verdict.rejection
    assert (rejection is not None) == (verdict.outcome is Outcome.DEAD_LETTER)
    places = [remark.place for remark in verdict.remarks]
    places += [fault.place for fault in rejection.errors] if rejection else []
    assert all(map(PLACE.fullmatch, places))
    for finding in verdict.findings:
        assert re.fullmatch(r"(?:PR1|DG1)\[[0-9]+\]-3(?:\([0-9]+\))?\.[14]|DG1", finding.place)


@given(st.binary(max_size=300), st.sampled_from([b"MSH|", b"MSH|^~\\&|", b"FHS|", b"\x0bMSH"]))
def test_any_bytes_behind_the_beginning_of_a_message_are_read(tail: bytes, head: bytes) -> None:
    verify_total(head + tail)


@given(st.text(alphabet="|^~\\&\r\nPR1DGVMSHX0.4-", max_size=200))
def test_any_segments_are_read(text: str) -> None:
    verify_total(written(text))
    verify_total(written(f"PR1|{text}"))


@given(st.sampled_from(SAMPLES), st.data())
def test_samples_that_are_cut_or_changed_are_read(sample: Path, data: st.DataObject) -> None:
    value = sample.read_bytes()
    start, end = sorted(
        [data.draw(st.integers(0, len(value))), data.draw(st.integers(0, len(value)))]
    )
    verify_total(value[:end])
    verify_total(value[:start] + value[end:])
    verify_total(value[:start] + data.draw(st.binary(max_size=8)) + value[start:])


@pytest.mark.parametrize(
    "unit",
    [
        *("|", "^", "~", "&", "\\", "\\F", "\\X41", " ", "\r", "x\r", "PR1|\r", "DG1|||A\r"),
        *("PR1|||1^^SCT\r", "PR1|||V44.4~", "A~", "ICD10CM", "MSH|\r", "\x0b", '"', "0"),
        *(
            "PR1|1|" + "\\" * 640 + "|" + "x~" * 200 + "\r",
            f"PR1|1|01|{'V44.4~' * 200}\r",
            "~V55^^L",
        ),
        *(f"DG1|1||{'A00^^L^B00^^M~' * 200}|||A\r", f"FT1{'|' * 25}x\r", "\xe9", "OPCS", "\x81"),
    ],
)
@pytest.mark.parametrize("before", ["", "DG1|1||a^b^"])
def test_the_worst_repetition_is_read_in_time(before: str, unit: str) -> None:
    value = written(before)[:-1] + unit.encode() * ((MEBIBYTE - 200) // len(unit))
    started = process_time()
    judge(value)
    assert process_time() - started < 2
