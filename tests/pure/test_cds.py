import json
import re
import time
from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import DIAGNOSES, procedure_codes

from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import Reason, Rejection
from schemas.verdict import Verdict
from streams.validation.check import judge
from streams.validation.reading import read_episode
from streams.validation.reading.hints import INTERCHANGE, UTF_16, XML

SAMPLES = sorted((Path(__file__).parents[1] / "samples/cds-xml").glob("*.xml"))
GOOD = ("V444", "V551", "Y534", "Z665")
IDENTIFIER = "BR0A00E1"
MILLISECONDS = 0.25
"""Very slow machines included."""
SECONDS = 2
PLACE = re.compile(
    r"line \d+ column \d+|value|.{0,60}(Procedure|Diagnos).*|.{0,60}(OPCS|ICD)"
    r"|(CDS|Organisation|Hospital|Episode|StartDate|EndDate|Appointment|Clinical|Delete)\w+"
    r"|(Primary|Secondary)(Procedure_OPCS|Diagnosis_ICD)(\[\d+\])?(/ProcedureDate)?"
)


def tag(name: str, *content: str) -> str:
    return f"<{name}>{''.join(content)}</{name}>"


def transaction(update_type: str = tag("CDSUpdateType", "9"), identifier: str = IDENTIFIER) -> str:
    return tag(
        "CDSTransactionHeader_NetChange",
        tag("CDSUniqueIdentifier", identifier),
        update_type,
        tag("OrganisationCode_CDSSenderIdentity", "R0B00"),
    )


def diagnoses(first: str = "M8058", *others: str) -> str:
    return tag(
        "ClinicalDiagnosisGroupICD",
        tag("PrimaryDiagnosisGroupICD", tag("PrimaryDiagnosis_ICD", first)),
        *(
            tag("SecondaryDiagnosisGroupICD", tag("SecondaryDiagnosis_ICD", each))
            for each in others
        ),
    )


def procedures(first: str = "V444", *others: str, dated: str = "") -> str:
    date = tag("ProcedureDate", dated) if dated else ""
    return tag(
        "ClinicalActivityGroupOPCS",
        tag("PrimaryProcedureGroupOPCS", tag("PrimaryProcedure_OPCS", first), date),
        *(
            tag("SecondaryProcedureGroupOPCS", tag("SecondaryProcedure_OPCS", each), date)
            for each in others
        ),
    )


HEADER = tag("CDSMessageHeader")
TAKEN_BACK = tag("CDSUpdateType", "1")
PROVIDER = tag("OrganisationCode_CodeOfProvider", "R0A00")


def message(*body: str, header: str | None = None) -> bytes:
    header = transaction() if header is None else header
    return tag("CDSNetChange-All-MessageTypes", header, *body).encode()


def episode(value: bytes) -> Episode:
    read = read_episode(value)
    assert isinstance(read, Episode)
    return read


def rejection(value: bytes) -> Rejection:
    read = read_episode(value)
    assert isinstance(read, Rejection)
    assert not read.hint or read.hint in {hint.text for hint in (XML, INTERCHANGE, UTF_16)}
    return read


def faults(value: bytes) -> dict[str, str]:
    return {fault.place: fault.message for fault in rejection(value).errors}


def remarks(value: bytes) -> dict[str, str]:
    return {remark.place: remark.message for remark in episode(value).remarks}


WHOLE = message(
    tag("HospitalProviderSpellNumber", " S1 "),
    tag("EpisodeNumber", "02"),
    tag("StartDate_Episode", "2026-01-30"),
    tag("EndDate_Episode", "2026-02-01"),
    PROVIDER,
    diagnoses("C795D", "M4956A"),
    procedures(*GOOD, dated="2026-01-31"),
)
NAMES_OF_6_3 = {
    b"OrganisationCode_CodeOfProvider": b"OrganisationIdentifier_CodeOfProvider",
    b"HospitalProviderSpellNumber": b"HospitalProviderSpellIdentifier",
    b"OrganisationCode_CDSSenderIdentity": b"OrganisationIdentifier_CDSSender",
}


def in_6_3(value: bytes) -> bytes:
    for name, other in NAMES_OF_6_3.items():
        value = value.replace(name, other)
    return value


def test_an_episode_is_read_with_all_that_is_known_of_it() -> None:
    day = date(2026, 1, 31)
    assert episode(WHOLE) == Episode(
        episode_id=IDENTIFIER,
        provider_code="R0A",
        procedures=[{"code": code, "date": day} for code in GOOD],
        diagnoses=[{"code": "C795D"}, {"code": "M4956A"}],
        spell_id="S1",
        episode_number=2,
        start_date=date(2026, 1, 30),
        end_date=date(2026, 2, 1),
    ).model_copy(update={"format": Format.CDS_XML, "places": episode(WHOLE).places})


@pytest.mark.parametrize(
    "written",
    [
        in_6_3(WHOLE),
        WHOLE.replace(b"Types>", b'Types xmlns="urn:x">', 1),
        re.sub(rb"<(/?)", rb"<\1ns:", WHOLE).replace(b"Types>", b'Types xmlns:ns="urn:x">', 1),
        b"<CDS-XMLInterchange><CDSInterchangeHeader/>" + WHOLE + b"</CDS-XMLInterchange>",
        b'\xef\xbb\xbf\r\n<?xml version="1.0" encoding="UTF-8"?>\n' + WHOLE + b"\n",
        b"<?xml version='1.0' encoding='iso-8859-1'?><!-- \xe9 -->" + WHOLE,
        b'<?xml version="1.0" encoding="utf-16"?>' + WHOLE,
        WHOLE.replace(b"V444", b"<![CDATA[V4]]><!-- x -->4<?y?>4 "),
        WHOLE.replace(b"V444", b"&#86;444"),
        WHOLE.replace(b"</CDSUpdateType>", b"</CDSUpdateType><CDSUpdateType> 9 </CDSUpdateType>"),
    ],
    ids=[
        "6-3",
        "namespace",
        "prefix",
        "interchange",
        "mark",
        "latin",
        "in-vain",
        "cdata",
        "char",
        "twice",
    ],
)
def test_a_message_is_read_however_it_is_written(written: bytes) -> None:
    found, expected = episode(written), episode(WHOLE)
    assert found.model_copy(update={"places": expected.places}) == expected


def test_places_are_names_of_elements_with_an_index_where_there_are_several() -> None:
    value = message(PROVIDER, diagnoses(), procedures("V444", "Y534", "V551", dated="soon"))
    findings = {finding.rule: finding.place for finding in judge(value).findings}
    assert findings == {"LV02": "SecondaryProcedure_OPCS[2]", "ST01": "PrimaryProcedure_OPCS"}
    assert list(remarks(value)) == [
        "PrimaryProcedure_OPCS/ProcedureDate",
        "SecondaryProcedure_OPCS[1]/ProcedureDate",
        "SecondaryProcedure_OPCS[2]/ProcedureDate",
    ]
    value = message(PROVIDER, procedures("V444", "V44.41"))
    assert {finding.place for finding in judge(value).findings} == {
        *("PrimaryProcedure_OPCS", "SecondaryProcedure_OPCS", "ClinicalDiagnosisGroupICD")
    }


def test_the_primary_code_is_first_wherever_its_group_stands() -> None:
    first, others = procedures("V444").split("<Clin")[1], procedures("-", "V551", "Y534", "Z665")
    turned = others.replace(tag("PrimaryProcedure_OPCS", "-"), "") + "<Clin" + first
    assert judge(message(PROVIDER, diagnoses(), turned)).procedures == (
        *("V44.4", "V55.1", "Y53.4", "Z66.5"),
    )


def test_a_message_without_codes_is_an_episode_without_codes() -> None:
    read = episode(message(PROVIDER, tag("AppointmentDate", "2026-01-20")))
    assert (read.procedures, read.diagnoses, read.start_date) == ([], [], date(2026, 1, 20))


def test_unused_elements_are_empty_slots_and_blank_details_are_absent() -> None:
    value = message(PROVIDER, tag("EpisodeNumber"), diagnoses(""), procedures("", *GOOD))
    assert judge(value).procedures == ("V44.4", "V55.1", "Y53.4", "Z66.5")
    assert judge(value).remarks == ()


@pytest.mark.parametrize(
    "body,place,message_",
    [
        (tag("EpisodeNumber", "2a"), "EpisodeNumber", "is not a whole number from 0"),
        (tag("EpisodeNumber", "9" * 700), "EpisodeNumber", "is not a whole number from 0"),
        (
            tag("HospitalProviderSpellIdentifier", "S" * 65),
            "HospitalProviderSpellIdentifier",
            "is not text",
        ),
        (
            tag("EpisodeNumber", "1") + tag("EpisodeNumber", "2"),
            "EpisodeNumber",
            "is given more than once",
        ),
        (tag("AppointmentDate", "20 Jan"), "AppointmentDate", "is not a date"),
        (tag("ClinicalActivityGroupREAD"), "ClinicalActivityGroupREAD", "holds Read codes"),
        (tag("ClinicalDiagnosisGroupREAD"), "ClinicalDiagnosisGroupREAD", "holds Read codes"),
        (tag("ClinicalTreatmentGroupAandE"), "ClinicalTreatmentGroupAandE", "holds accident"),
        (
            tag("X_SnomedCt", tag("EmergencyCareDiagnosis_SnomedCt", "1")),
            "EmergencyCareDiagnosis_SnomedCt",
            "holds SNOMED CT codes",
        ),
        (tag("ProcedureSNOMEDCT", "1"), "ProcedureSNOMEDCT", "holds SNOMED CT codes"),
        (tag("Procedure_OPCS", "V551"), "Procedure_OPCS", "is no element from which codes are"),
        (tag("ProcedureOPCS", "V551"), "ProcedureOPCS", "is no element from which codes are"),
        (tag("Diagnosis_ICD", "M8058"), "Diagnosis_ICD", "is no element from which codes are"),
        (tag("OtherICD", "<Code/>"), "OtherICD", "is no element from which codes are"),
        (
            tag("SecondaryProcedure_OPCS", tag("Code", "V551")),
            "SecondaryProcedure_OPCS",
            "holds other elements",
        ),
        (tag(99 * "A" + "_OPCS", "V551"), 64 * "A", "is no element from which codes are"),
        (tag("CDSTypeCode", "060") + procedures(*GOOD), "CDSTypeCode", "is that of planned care"),
        (tag("CDSType", "060") + procedures(*GOOD), "CDSType", "is that of planned care"),
        (
            tag(
                "X", tag("SecondaryProcedure_OPCS", "W371"), 2 * tag("ProcedureDate", "2026-01-31")
            ),
            "SecondaryProcedure_OPCS/ProcedureDate",
            "is not the date of one code",
        ),
        (
            tag(
                "X", 2 * tag("SecondaryProcedure_OPCS", "W371"), tag("ProcedureDate", "2026-01-31")
            ),
            "SecondaryProcedure_OPCS[1]/ProcedureDate",
            "is not the date of one code",
        ),
    ],
)
def test_what_is_left_out_is_named_where_it_stands(body: str, place: str, message_: str) -> None:
    value = message(PROVIDER, body)
    assert remarks(value)[place].startswith(message_)
    assert remarks(value)[place].endswith("left out")
    assert judge(value).procedures in {(), ("W37.1",), ("W37.1", "W37.1")}


def test_a_left_out_procedure_is_counted_and_an_unused_element_is_no_code() -> None:
    left_out = tag("Procedure_SnomedCt", "1") + tag("Procedure_OPCS", "V444")
    read = episode(message(PROVIDER, left_out, tag("Diagnosis_ICD", "M8058")))
    assert (read.unread_procedures, len(read.remarks)) == (2, 3)
    unused = tag("Procedure_SnomedCt"), tag("Procedure_OPCS", " "), tag("HighCostDrugs_OPCS", "X")
    read = episode(message(PROVIDER, *unused, diagnoses(), procedures(*GOOD)))
    assert (read.unread_procedures, read.remarks) == (0, ())


def test_planned_care_is_known_by_an_attribute_alone() -> None:
    value = message(PROVIDER, diagnoses(), procedures(*GOOD, dated="2026-01-31"))
    planned = value.replace(b"Types>", b"Types CDSTypeCode=' 060 '>", 1)
    assert judge(value.replace(b"Types>", b"Types CDSTypeCode='130'>", 1)).procedures
    assert (judge(planned).procedures, judge(planned).diagnoses) == ((), ())
    assert remarks(planned) == {"CDSTypeCode": "is that of planned care, whose codes were left out"}


@pytest.mark.parametrize(
    "encoding", ["iso-8859-1", "ISO-8859-1", "windows-1252", "us-ascii", "utf-8"]
)
def test_a_dagger_is_read_also_where_windows_1252_is_declared_as_latin_1(encoding: str) -> None:
    value = message(PROVIDER, diagnoses("C795\N{DAGGER}"), procedures(*GOOD))
    if "1252" in encoding or encoding.endswith("8859-1"):
        value = value.decode().encode("cp1252")
    value = f"<?xml version='1.0' encoding='{encoding}'?>".encode() + value
    found = [entry.get("code") for entry in episode(value).diagnoses if isinstance(entry, dict)]
    assert found == ["C795\N{DAGGER}"]


def test_bytes_that_windows_1252_does_not_have_are_those_of_latin_1() -> None:
    spell = tag("HospitalProviderSpellNumber", "S\x81\x8d\xa4").encode("latin-1")
    value = WHOLE.replace(tag("HospitalProviderSpellNumber", " S1 ").encode(), spell)
    for encoding, last in ("ISO-8859-1", "\xa4"), ("ISO-8859-15", "\N{EURO SIGN}"):
        head = f"<?xml version='1.0' encoding='{encoding}'?>".encode()
        assert episode(head + value).spell_id == "S\x81\x8d" + last


def test_one_provider_may_be_written_in_several_ways_and_be_empty_elsewhere() -> None:
    six_three = "OrganisationIdentifier_CodeOfProvider"
    for other in "R0A", "r0a00", " ":
        for both in (PROVIDER + tag(six_three, other), tag(six_three, other) + PROVIDER):
            assert episode(message(both)).provider_code == "R0A"
    sender = tag("OrganisationIdentifier_CDSSender", "R0B")
    read = read_episode(message(sender, header=transaction(TAKEN_BACK, "E1")))
    assert isinstance(read, Withdrawal)
    assert read.provider_code == "R0B"


def test_a_header_around_the_message_is_that_of_the_message() -> None:
    inner = transaction() + PROVIDER + procedures(*GOOD)
    value = tag("CDSMessage", HEADER, tag("CDSNetChange-All-MessageTypes", inner)).encode()
    assert judge(value).procedures == ("V44.4", "V55.1", "Y53.4", "Z66.5")


def test_an_update_type_that_does_not_exist_is_no_withdrawal() -> None:
    value = message(PROVIDER, header=transaction(tag("CDSUpdateType", "11")))
    assert remarks(value) == {"CDSUpdateType": "is neither 1 nor 9, and was read as 9"}
    assert remarks(message(PROVIDER, header=transaction(""))) == {}


@pytest.mark.parametrize(
    "identifier,body,provider",
    [
        (IDENTIFIER, "", "R0A"),
        (IDENTIFIER, tag("OrganisationCode_CodeOfProvider", "R0C"), "R0C"),
        (IDENTIFIER, tag("OrganisationIdentifier_CodeOfProvider", " "), "R0A"),
        ("AR0D  0001", "", "R0D"),
        ("BRXX010001", "", "RXX01"),
        ("2f1c6a0e-0001", "", "R0B"),
        ("B12-40001", "", "R0B"),
        ("BR0A", "", "R0B"),
    ],
)
def test_a_withdrawal_names_its_provider_or_it_is_that_of_the_identifier_or_the_sender(
    identifier: str, body: str, provider: str
) -> None:
    value = message(body, header=transaction(TAKEN_BACK, identifier))
    expected = Withdrawal(episode_id=identifier, provider_code=provider, format=Format.CDS_XML)
    assert [read_episode(value), read_episode(in_6_3(value))] == [expected, expected]


REPEATED, REQUIRED = "is given more than once", "is required"


@pytest.mark.parametrize(
    "value,expected",
    [
        (message(), {"OrganisationCode_CodeOfProvider": REQUIRED}),
        (
            message(header=tag("CDSMessageHeader")),
            {"CDSUniqueIdentifier": REQUIRED, "OrganisationCode_CodeOfProvider": REQUIRED},
        ),
        (
            message(PROVIDER, header=transaction(identifier="")),
            {"CDSUniqueIdentifier": "should not be empty"},
        ),
        (message(PROVIDER, tag("CDSUniqueIdentifier", "E2")), {"CDSUniqueIdentifier": REPEATED}),
        (
            message(PROVIDER, tag("OrganisationIdentifier_CodeOfProvider", "R0C")),
            {"OrganisationCode_CodeOfProvider": REPEATED},
        ),
        (message(PROVIDER, TAKEN_BACK), {"CDSUpdateType": REPEATED}),
        (
            message(header=transaction(TAKEN_BACK, "E1").replace("R0B00", "")),
            {"OrganisationCode_CDSSenderIdentity": "should be 3 to 12 letters and digits"},
        ),
        (
            message(
                tag("OrganisationCode_CDSSenderIdentity", "R0C"),
                header=transaction(TAKEN_BACK, "E1"),
            ),
            {"OrganisationCode_CodeOfProvider": REQUIRED},
        ),
        (
            message(PROVIDER, "<DeleteTransaction/>"),
            {"DeleteTransaction": "should have the CDS update type 1"},
        ),
        (message(PROVIDER, 2 * procedures()), {"PrimaryProcedure_OPCS": REPEATED}),
        (message(PROVIDER, procedures(), 2 * diagnoses()), {"PrimaryDiagnosis_ICD": REPEATED}),
        (
            message(PROVIDER, procedures("V444", "V444, V551, Y534, Z665")),
            {"SecondaryProcedure_OPCS": "should have at most 16 characters"},
        ),
        (
            message(PROVIDER, procedures(*201 * ["V444"])),
            {"ClinicalActivityGroupOPCS": "should have at most 200 entries"},
        ),
    ],
)
def test_what_makes_a_message_no_episode_is_named_where_it_stands(
    value: bytes, expected: dict[str, str]
) -> None:
    read = read_episode(value)
    assert isinstance(read, Rejection)
    assert read.reason is Reason.NOT_AN_EPISODE
    assert {fault.place: fault.message for fault in read.errors} == expected


@pytest.mark.parametrize(
    "value",
    [
        tag("CDS-XMLInterchange", 2 * WHOLE.decode()).encode(),
        tag("CDS-XMLInterchange", 2 * (HEADER + transaction() + PROVIDER)).encode(),
        tag("x", HEADER, HEADER, tag("x", transaction())).encode(),
        tag("x", tag("x", HEADER), tag("x", transaction())).encode(),
        message(PROVIDER, transaction()),
    ],
    ids=["interchange", "flat", "nested", "beside", "two-headers"],
)
def test_several_messages_are_no_episode_and_a_hint_says_what_to_do(value: bytes) -> None:
    assert rejection(value).hint == INTERCHANGE.text
    assert faults(value) == {"value": "should hold one CDS message"}


UNREAD = [
    (b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>", "line 1 column 1", "holds no CDS message"),
    (b"<CDSMessageHeader/>", "line 1 column 1", "holds no CDS message"),
    (WHOLE[:-1], "line 1 column", "is not well-formed XML"),
    (b"\n\n " + WHOLE.replace(b"</Ep", b"\n</Up"), "line 4 column", "is not well-formed XML"),
    (re.sub(rb"<(/?)", rb"<\1ns:", WHOLE), "line 1 column", "is not well-formed XML"),
    (WHOLE + WHOLE, "line 1 column", "is not well-formed XML"),
    (b"<CDSMessage>", "line 1 column 13", "ends before its last element does"),
    (WHOLE.replace(b"V444", b"\x92"), "line 1 column", "has bytes that are not of its encoding"),
    (WHOLE.replace(b"V444", b"&z;"), "line 1 column", "has an entity that is not defined"),
    (b"\n\n<!DOCTYPE html><html/>", "line 3 column 1", "has a DOCTYPE, which is not read"),
    (b"<a>\n <!DOCTYPE a></a>", "line 2 column 2", "has a DOCTYPE, which is not read"),
]


@pytest.mark.parametrize("value,place,message_", UNREAD)
def test_other_xml_is_named_with_the_place_at_which_reading_ended(
    value: bytes, place: str, message_: str
) -> None:
    assert rejection(value).reason is Reason.UNKNOWN_FORMAT
    assert rejection(value).hint == XML.text
    ((found, fault),) = faults(value).items()
    assert found.startswith(place)
    assert fault == message_


def doctype(subset: str, content: str = "&z;") -> bytes:
    code = message(PROVIDER, procedures(content)).decode()
    return f'<?xml version="1.0"?><!DOCTYPE x [{subset}]>{code}'.encode()


LAUGHS = "".join(
    f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefghy", "bcdefghyz", strict=True)
)
HOSTILE = {
    "billion-laughs": doctype(f'<!ENTITY a "V444">{LAUGHS}'),
    "quadratic": doctype(f'<!ENTITY z "{"V" * 100_000}">', 100_000 * "&z;"),
    "file": doctype('<!ENTITY z SYSTEM "file:///etc/passwd">'),
    "network": doctype('<!ENTITY z SYSTEM "http://192.0.2.1/z">'),
    "parameter": doctype('<!ENTITY % p SYSTEM "http://192.0.2.1/p.dtd"> %p;'),
    "external-dtd": doctype("").replace(b"x []", b'x SYSTEM "http://192.0.2.1/x.dtd"'),
    "attribute": doctype('<!ATTLIST PrimaryProcedure_OPCS a CDATA "&z;"><!ENTITY z "V444">'),
    "deep": b"<a>" * 300_000,
    "utf-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + WHOLE,
    "utf-16": doctype('<!ENTITY z "V444">').decode().encode("utf-16-le"),
    "utf-16-mark": doctype('<!ENTITY z "V444">').decode().encode("utf-16"),
    "ebcdic": doctype('<!ENTITY z "V444">').decode().encode("cp037"),
    "undefined": message(PROVIDER, procedures("&z;")),
    "null": message(PROVIDER, procedures("V4\x0044")),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_a_dead_letter_within_milliseconds(value: bytes) -> None:
    start = time.perf_counter()
    read = read_episode(value)
    assert time.perf_counter() - start < MILLISECONDS
    assert isinstance(read, Rejection)
    assert read.episode_id is None


def test_an_inclusion_is_neither_followed_nor_read() -> None:
    include = (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    )
    assert judge(message(PROVIDER, procedures(include))).procedures == ()


MIB = 1_048_576
WORST = {
    "names": b'<a xmlns="'
    + b"u" * (MIB // 2)
    + b'">'
    + HEADER.encode()
    + b"<b/>" * (MIB // 8)
    + b"</a>",
    "headers": tag("a", MIB // 20 * "<CDSMessageHeader/>").encode(),
    "codes": message(PROVIDER, MIB // 30 * "<PrimaryProcedure_OPCS/>"),
    "dated": message(PROVIDER, MIB // 50 * "<PrimaryProcedure_OPCS/><ProcedureDate/>"),
    "deep-codes": message(
        PROVIDER,
        tag("a", 200 * "<PrimaryProcedure_OPCS>", MIB // 2 * "V", 200 * "</PrimaryProcedure_OPCS>"),
    ),
    **{
        f"nested-{name}": message(PROVIDER, 240 * f"<{name}>", content, 240 * f"</{name}>")
        for name in (
            *("CDSUniqueIdentifier", "EpisodeNumber", "ProcedureDate", "SecondaryProcedure_OPCS"),
            *("Procedure_SnomedCt", "Procedure_OPCS"),
        )
        for content in (MIB // 5 * "<b/>", MIB * 4 // 5 * "V")
    },
    "others": message(PROVIDER, MIB // 40 * "<Procedure_OPCS>V</Procedure_OPCS>"),
    "long-names": message(PROVIDER, 20 * tag(20_000 * "A" + "_OPCS", "V")),
    "names-of-others": b'<a xmlns="'
    + b"u" * (MIB // 2)
    + b'">'
    + HEADER.encode()
    + b"<Procedure_OPCS>V</Procedure_OPCS>" * (MIB // 80)
    + b"</a>",
    "long-code": message(PROVIDER, procedures("V" * MIB)),
    "spells": message(
        PROVIDER, "".join(f"<EpisodeNumber>{each}</EpisodeNumber>" for each in range(MIB // 40))
    ),
    "attributes": b"<a " + b" ".join(b'a%d=""' % each for each in range(MIB // 12)) + b"/>",
    "prefixes": b"<a " + b" ".join(b'xmlns:a%d="u"' % each for each in range(MIB // 20)) + b"/>",
    "nested-prefixes": b"".join(b'<a xmlns:a%d="u">' % each for each in range(MIB // 20)),
    "comments": b"<!---->" * (MIB // 7) + b"<a/>",
    "instructions": b"<?a?>" * (MIB // 5) + b"<a/>",
    "declaration": b"<?xml " + b"encoding=" * (MIB // 9),
    "open": b"<" * MIB,
    "blanks": b" " * (MIB - 4) + b"<a/>",
    "lines": b"\n" * (MIB - 4) + b"<a>",
    "entities": b"<a>" + b"&#86;" * (MIB // 5) + b"</a>",
    "doctype": b"<!DOCTYP" * (MIB // 8),
}


@pytest.mark.parametrize("value", WORST.values(), ids=WORST.keys())
def test_nothing_takes_long_to_read(value: bytes) -> None:
    start = time.perf_counter()
    read_episode(value[:MIB], MIB)
    assert time.perf_counter() - start < SECONDS


def outcome_is_sound(value: bytes) -> None:
    read = read_episode(value)
    if isinstance(read, Rejection):
        assert read.errors
        assert not [each.place for each in read.errors if not PLACE.fullmatch(each.place)]
    if isinstance(read, Episode) and read.format is Format.CDS_XML:
        assert not [each.place for each in read.remarks if not PLACE.fullmatch(each.place)]


whole_samples = st.sampled_from([path.read_bytes() for path in SAMPLES] + [WHOLE])


@given(st.binary(max_size=40), st.sampled_from([b"<", b"<?xml ", b"<CDSMessage>", b" \n<a>"]))
def test_any_bytes_behind_a_bracket_are_read_or_refused(value: bytes, head: bytes) -> None:
    outcome_is_sound(head + value)


@given(whole_samples, st.data())
def test_a_damaged_message_is_read_or_refused_at_a_place_that_quotes_nothing(
    value: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(value)))
    until = data.draw(st.integers(at, min(len(value), at + 60)))
    outcome_is_sound(value[:at])
    outcome_is_sound(value[:at] + value[until:])
    outcome_is_sound(value[:until] + value[at:])
    outcome_is_sound(value[:at] + data.draw(st.binary(max_size=4)) + value[until:])


XML_TEXT = re.compile("[\t\n\x20-\ud7ff\ue000-\ufffd]*")
texts = st.text(max_size=20).filter(XML_TEXT.fullmatch)


@given(
    st.lists(procedure_codes | texts, max_size=8),
    st.lists(st.sampled_from(DIAGNOSES) | texts, max_size=4),
)
@example([*GOOD], ["M8058"])
def test_the_verdict_is_that_on_the_same_episode_in_json_but_for_places(
    given_procedures: Sequence[str], given_diagnoses: Sequence[str]
) -> None:
    codes = {"procedures": given_procedures, "diagnoses": given_diagnoses}
    native = {"episode_id": IDENTIFIER, "provider_code": "R0A", **codes}
    value = message(
        PROVIDER,
        diagnoses(*map(escape, given_diagnoses)) if given_diagnoses else "",
        procedures(*map(escape, given_procedures)) if given_procedures else "",
    )

    def comparable(verdict: Verdict) -> object:
        findings = [(each.rule, each.at, each.expected) for each in verdict.findings]
        rejected = verdict.rejection and len(verdict.rejection.errors)
        return findings, rejected, verdict.outcome, verdict.procedures, verdict.proposed

    assert comparable(judge(value)) == comparable(judge(json.dumps(native).encode()))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_of_one_message_gives_its_verdict(path: Path) -> None:
    lines = path.with_suffix(".verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    if len(lines) > 1:
        assert rejection(path.read_bytes()).hint == INTERCHANGE.text
    else:
        assert judge(path.read_bytes()) == Verdict.model_validate_json(lines[0])
