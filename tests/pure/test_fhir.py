"""FHIR R4: what is read from where, whoever wrote it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.claim import Claim
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import MAX_FAULTS, Reason, Rejection, Remark
from streams.validation.check import judge
from streams.validation.reading import MAX_RECORD_BYTES, read_episode
from streams.validation.reading.hints import FHIR, SEVERAL_CODES, SEVERAL_ENCOUNTERS

PAGE = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
(SECTION,) = re.findall(r"(?s)\n## FHIR R4\n(.*?)(?=\n## |\Z)", PAGE)
SAMPLES = sorted((Path(__file__).parents[1] / "samples/fhir-r4").glob("*.json"))
OPCS4 = "https://fhir.hl7.org.uk/Id/opcs-4"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
SNOMED = "http://snomed.info/sct"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
TRUST = {"identifier": {"system": ODS, "value": "R0A"}}
SECONDS = 2.0

Json = dict[str, Any]


def coding(code: object, system: object = OPCS4) -> Json:
    return {"system": system, "code": code}


def concept(*codings: Json) -> Json:
    return {"coding": [*codings]}


def claim(*procedures: Json, **members: object) -> Json:
    return {
        "resourceType": "Claim",
        "id": "E1",
        "provider": TRUST,
        "procedure": [*procedures],
        **members,
    }


def procedure(*codings: Json, **members: object) -> Json:
    return {"procedureCodeableConcept": concept(*codings), **members}


def bundle(*resources: Json, **members: object) -> Json:
    """Return a Bundle of one Encounter, whose members are given, and other resources."""
    encounter = {"resourceType": "Encounter", "id": "E1", "serviceProvider": TRUST, **members}
    entries = [{"resource": each} for each in (encounter, *resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def performed(code: str, **members: object) -> Json:
    return {"resourceType": "Procedure", "code": concept(coding(code)), **members}


def condition(code: str, **members: object) -> Json:
    return {"resourceType": "Condition", "code": concept(coding(code, ICD10)), **members}


def used(reference: str, use: str | None, rank: object = None) -> Json:
    concept_of_use = {"use": concept({"code": use})} if use else {}
    return {"condition": to(f"Condition/{reference}"), "rank": rank, **concept_of_use}


def to(reference: object) -> Json:
    return {"reference": reference}


def encoded(resource: object) -> bytes:
    return json.dumps(resource).encode()


def read(resource: object) -> Episode:
    episode = read_episode(encoded(resource))
    assert isinstance(episode, Episode)
    assert episode.format is Format.FHIR_R4
    return episode


def rejected(resource: object) -> Rejection:
    rejection = read_episode(resource if isinstance(resource, bytes) else encoded(resource))
    assert isinstance(rejection, Rejection)
    return rejection


def faults(resource: object) -> dict[str, str]:
    return {fault.place: fault.message for fault in rejected(resource).errors}


def remarks(resource: object) -> list[str]:
    return [remark.place for remark in read(resource).remarks]


def codes(resource: object) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    verdict = judge(encoded(resource))
    return verdict.procedures, verdict.diagnoses


# What others wrote


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_gets_the_verdict_beside_it(sample: Path) -> None:
    (expected,) = sample.with_suffix(".verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(judge(sample.read_bytes()).model_dump_json()) == json.loads(expected)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_that_a_fhir_library_writes_gets_the_same_verdict(sample: Path) -> None:
    content = json.loads(sample.read_bytes())
    resource = get_fhir_model_class(content["resourceType"]).model_validate(content)
    assert judge(resource.model_dump_json().encode()) == judge(sample.read_bytes())


def test_a_claim_that_a_fhir_library_builds_is_read() -> None:
    built = Claim.model_validate(
        {
            **claim(
                procedure(coding("447766003", SNOMED), coding("V44.4"), sequence=1),
                procedure(coding("V55.1"), sequence=2, date="2026-01-31"),
                identifier=[{"value": "E9"}],
                diagnosis=[
                    {"sequence": 1, "diagnosisCodeableConcept": concept(coding("M80.58", ICD10))}
                ],
                billablePeriod={"start": "2026-01-30", "end": "2026-02-01T10:00:00+00:00"},
            ),
            "status": "active",
            "use": "claim",
            "created": "2026-02-03",
            "type": {"text": "institutional"},
            "priority": {"text": "normal"},
            "patient": {"display": "Patient"},
            "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "NHS"}}],
        }
    )
    verdict = judge(built.model_dump_json().encode())
    assert (verdict.episode_id, verdict.provider_code) == ("E9", "R0A")
    assert (verdict.procedures, verdict.diagnoses) == (("V44.4", "V55.1"), ("M80.58",))
    assert verdict.remarks == ()


def test_a_bundle_that_a_fhir_library_builds_is_read() -> None:
    subject = {"subject": {"display": "Patient"}}
    act = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    built = Bundle.model_validate(
        bundle(
            performed("V44.4", status="completed", **subject),
            condition("M80.58", encounter=to("Encounter/E1"), **subject),
            **{"status": "finished", "class": act},
        )
    )
    verdict = judge(built.model_dump_json().encode())
    assert (verdict.episode_id, verdict.provider_code) == ("E1", "R0A")
    assert (verdict.procedures, verdict.diagnoses) == (("V44.4",), ("M80.58",))


def test_the_example_in_the_document_gets_the_verdict_in_the_document() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL)
    verdict = judge(example.encode())
    (finding,) = verdict.findings
    assert f"Episode `{verdict.episode_id}` of `{verdict.provider_code}`" in SECTION
    assert f"is `{verdict.outcome}`: `{finding.rule}` at `{finding.place}`" in SECTION
    assert verdict.proposed == ("V44.4", "V55.9", "Y53.4", "Z66.5")
    assert verdict.remarks == ()


@pytest.mark.parametrize(
    "title,kind,code", [("OPCS-4", "procedure", "V44.4"), ("ICD-10", "diagnosis", "M80.58")]
)
def test_every_uri_in_the_document_is_read(title: str, kind: str, code: str) -> None:
    (row,) = re.findall(rf"\| {title} \|.*\| (.*) \|", SECTION)
    for uri in re.findall(r"`(.*?)`", row):
        resource = claim(**{kind: [{f"{kind}CodeableConcept": concept(coding(code, uri))}]})
        assert remarks(resource) == [], uri


def test_the_document_gives_the_limit_there_is() -> None:
    (limit,) = re.findall(r"a list of more than (\d+) entries", SECTION)
    for count, refused in ((int(limit), False), (int(limit) + 1, True)):
        outcome = read_episode(encoded(claim(contained=[{}] * count)))
        assert isinstance(outcome, Rejection) == refused


# Which records are read


@pytest.mark.parametrize("kind", ["Encounter", "Patient", "Parameters", "claim", ""])
def test_a_resource_of_another_kind_is_refused_with_the_kinds_that_are_read(kind: str) -> None:
    rejection = rejected({"resourceType": kind, "id": "E1"})
    assert (rejection.reason, rejection.hint) == (Reason.UNKNOWN_FORMAT, FHIR.text)
    assert [fault.place for fault in rejection.errors] == ["resourceType"]


@pytest.mark.parametrize("entry", [None, [], [{}], [{"resource": claim()}]])
def test_a_bundle_without_an_encounter_is_of_a_kind_that_is_not_read(entry: object) -> None:
    rejection = rejected({"resourceType": "Bundle", "entry": entry})
    assert (rejection.reason, rejection.hint) == (Reason.UNKNOWN_FORMAT, FHIR.text)


def test_a_bundle_with_several_encounters_is_several_episodes() -> None:
    rejection = rejected(bundle({"resourceType": "Encounter", "id": "E2"}))
    assert (rejection.reason, rejection.hint) == (Reason.NOT_AN_EPISODE, SEVERAL_ENCOUNTERS.text)
    assert faults(bundle({"resourceType": "Encounter"})) == {
        "Bundle.entry": "should have one Encounter"
    }


def test_a_native_episode_may_have_a_member_called_resource_type() -> None:
    native = {"episode_id": 1, "provider_code": "R0A", "resourceType": "Claim"}
    episode = read_episode(encoded(native))
    assert isinstance(episode, Episode)
    assert episode.format is Format.EPISODE


def test_a_resource_is_read_behind_a_mark_and_in_every_envelope() -> None:
    resource = claim(procedure(coding("V44.4")))
    for value in (
        b"\xef\xbb\xbf" + encoded(resource),
        b"\x00\x00\x00\x00\x01" + encoded(resource),
        encoded({"schema": None, "payload": resource}),
        encoded({"specversion": "1.0", "data": resource}),
        encoded({"op": "c", "before": None, "after": resource}),
    ):
        assert read_episode(value) == read(resource)


@pytest.mark.parametrize("resource", [claim(status="entered-in-error"), bundle()])
def test_a_resource_that_debezium_reports_as_deleted_is_an_episode_taken_back(
    resource: object,
) -> None:
    taken_back = Withdrawal(episode_id="E1", provider_code="R0A", format=Format.FHIR_R4)
    assert read_episode(encoded({"op": "d", "before": resource})) == taken_back


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
@pytest.mark.parametrize("build,place", [(claim, "Claim"), (bundle, "Bundle.entry[0].resource")])
def test_a_resource_in_error_is_no_episode(
    build: Callable[..., Json], place: str, status: str
) -> None:
    rejection = rejected(build(status=status))
    assert [fault.place for fault in rejection.errors] == [f"{place}.status"]
    assert (rejection.reason, rejection.hint) == (Reason.NOT_AN_EPISODE, None)
    assert (rejection.episode_id, rejection.provider_code) == ("E1", "R0A")


@pytest.mark.parametrize("use", ["preauthorization", "predetermination"])
def test_a_claim_for_what_is_not_done_yet_is_no_episode(use: str) -> None:
    assert [*faults(claim(use=use))] == ["Claim.use"]
    assert read(claim(use="claim"))


# Names given twice, and members of the wrong kind


@pytest.mark.parametrize(
    "text,place",
    [
        (b'"resourceType": "Claim"', "resourceType"),
        (b'"id": "E1"', "Claim.id"),
        (b'"provider": null', "Claim.provider"),
        (b'"procedure": []', "Claim.procedure"),
        (b'"proc\\u0065dure": []', "Claim.procedure"),
        (b'"diagnosis": []', None),
        (b'"item": [], "item": []', None),
    ],
)
def test_a_name_given_twice_is_refused_where_it_matters(text: bytes, place: str | None) -> None:
    value = b"{" + text + b", " + encoded(claim(procedure(coding("V44.4"))))[1:]
    if place is None:
        assert isinstance(read_episode(value), Episode)
    else:
        assert faults(value)[place] == "is given more than once"


@pytest.mark.parametrize(
    "resource,place,message",
    [
        (claim(procedure={"sequence": [1]} | procedure(coding("V44.4"))), "sequence", "whole"),
        (claim(procedure="V44.4"), "Claim.procedure", "should be a list"),
        (claim(procedure=["V44.4"]), "Claim.procedure[0]", "should be an object"),
        (claim(provider="R0A"), "Claim.provider", "should be an object"),
        (claim(procedure(coding(7))), "coding[0].code", "should be text"),
        (claim(procedure(coding([[]])), item=[]), "coding[0].code", "should be text"),
        (
            bundle(condition("C90.0", id="A"), diagnosis=[used("A", None) | {"use": "AD"}]),
            "use",
            "should be a list",
        ),
        (claim(procedure(coding("V44.4, V55.1, Y53.4, Z66.5"))), "coding[0].code", "at most 16"),
        (bundle(performed("V44.4", performedPeriod="2026")), "performedPeriod", "an object"),
        ({"resourceType": "Bundle", "entry": [7]}, "Bundle.entry[0]", "should be an object"),
    ],
)
def test_a_member_of_the_wrong_kind_is_refused_with_its_place(
    resource: object, place: str, message: str
) -> None:
    found = faults(resource)
    assert any(each.endswith(place) and message in said for each, said in found.items()), found


@pytest.mark.parametrize("system", [OPCS4, None, ""])
def test_several_codes_in_one_text_are_recognised(system: str | None) -> None:
    several = coding("V44.4, V55.1, Y53.4, Z66.5", system)
    assert rejected(claim(procedure(several))).hint == SEVERAL_CODES.text


# Who and when


@pytest.mark.parametrize(
    "members,found",
    [
        ({"identifier": [{"value": "A"}, {"value": "B"}]}, "A"),
        ({"identifier": {"value": 7}}, "7"),
        ({"identifier": [{"system": "x"}]}, "E1"),
        ({"identifier": []}, "E1"),
    ],
)
def test_the_identifier_of_an_episode_is_its_first_or_else_its_id(
    members: Json, found: str
) -> None:
    assert read(claim(**members)).episode_id == found


def test_what_identifies_an_episode_is_required() -> None:
    required = "is required"
    assert faults({"resourceType": "Claim"}) == {"Claim.id": required, "Claim.provider": required}
    assert faults(bundle(id=None, serviceProvider=to("urn:uuid:1"))) == {
        "Bundle.entry[0].resource.id": required,
        "Bundle.entry[0].resource.serviceProvider.reference": "names no ODS code",
    }


def organisation(*identifiers: Json, **members: object) -> Json:
    return {"resourceType": "Organization", "id": "o1", "identifier": [*identifiers], **members}


LOCAL = {"system": "https://example.nhs.uk/Id/department", "value": "SPINE"}
OFFICIAL = {"system": ODS, "value": "R0A"}


@pytest.mark.parametrize(
    "provider,code",
    [
        ({"identifier": {"system": "HTTPS://FHIR.NHS.UK/Id/ODS-Organization-Code/"}}, None),
        ({"identifier": {"system": ODS.upper() + "/", "value": "r0a00"}}, "R0A"),
        ({"identifier": {"system": "https://fhir.nhs.uk/Id/ods-site-code", "value": "R0A02"}}, ...),
        ({"identifier": {"system": "urn:oid:1.2.826.0.1285.0.1.10", "value": "R0A"}}, "R0A"),
        ({"identifier": {"value": "R0A"}}, "R0A"),
        ({"identifier": LOCAL}, None),
        (to("Organization/R0A"), "R0A"),
        (to("https://fhir.example.nhs.uk/R4/Organization/R0A02/_history/3"), "R0A02"),
        (to("Organization/123"), None),
        (to("Organization/o1"), None),
        (to("Organization/r0a"), "R0A"),
        (to("Practitioner/R0A"), None),
        ({"reference": "Practitioner/9", "identifier": {"value": "C1234567"}}, None),
        ({"reference": "PractitionerRole/9", "identifier": {"value": "C1234567"}}, None),
        ({"type": "Practitioner", "identifier": {"value": "C1234567"}}, None),
        ({"type": "Organization", "identifier": {"value": "R0A"}}, "R0A"),
        (
            {
                "type": "http://hl7.org/fhir/StructureDefinition/Organization",
                "identifier": {"value": "R0A"},
            },
            "R0A",
        ),
        (to(f"Organization?identifier={ODS}|R0A"), "R0A"),
        (to(f"Organization?identifier={ODS}%7CR0A"), "R0A"),
        (to("Organization?identifier=https://example.nhs.uk/Id/department|R0A"), None),
        ({"display": "Example Hospitals"}, None),
        ({"reference": 7}, None),
    ],
)
def test_the_provider_is_an_ods_code(provider: Json, code: object) -> None:
    expected = "R0A02" if code is ... else code
    verdict = judge(encoded(claim(provider=provider)))
    assert verdict.provider_code == expected
    assert (verdict.rejection is None) == (expected is not None)


@pytest.mark.parametrize(
    "identifiers,code",
    [([LOCAL, OFFICIAL], "R0A"), ([{"value": "X9X"}, OFFICIAL], "R0A"), ([LOCAL], None)],
)
def test_an_organisation_is_found_within_the_resource_or_the_bundle(
    identifiers: list[Json], code: str | None
) -> None:
    inside = organisation(*identifiers)
    for resource in (
        claim(provider=to("#o1"), contained=[inside]),
        claim(provider=to("#o1"), contained=[inside | {"id": "#o1"}]),
        bundle(serviceProvider=to("#o1"), contained=[inside]),
        bundle(inside, serviceProvider=to("Organization/o1")),
        bundle(inside, serviceProvider=to("https://example.nhs.uk/R4/Organization/o1/_history/1")),
    ):
        assert judge(encoded(resource)).provider_code == code


def test_what_refers_to_no_ods_code_is_not_said_to_be_missing() -> None:
    for provider, place in (
        (to("Organization/7"), "Claim.provider.reference"),
        (to("Location/1"), "Claim.provider.reference"),
        ({"display": "Example Hospitals"}, "Claim.provider"),
    ):
        assert faults(claim(provider=provider)) == {place: "names no ODS code"}
    assert faults(claim(provider={})) == {"Claim.provider": "is required"}


@pytest.mark.parametrize("kind", ["Practitioner", "PractitionerRole", "Location"])
def test_only_an_organisation_is_a_provider(kind: str) -> None:
    person = organisation({"value": "C1234567"}) | {"resourceType": kind}
    contained = claim(provider=to("#o1"), contained=[person])
    assert faults(contained) == {"Claim.provider.reference": "names no ODS code"}
    assert judge(encoded(bundle(person, serviceProvider=to(f"{kind}/o1")))).provider_code is None


@pytest.mark.parametrize("own_id", ["ORG01", "ROYAL", "R0A"])
def test_the_id_of_an_organisation_is_its_ods_code_only_where_it_is_not_in_the_record(
    own_id: str,
) -> None:
    referring = {"serviceProvider": to(f"Organization/{own_id}")}
    assert read(bundle(**referring)).provider_code == own_id
    local = organisation(LOCAL, id=own_id)
    assert judge(encoded(bundle(local, **referring))).provider_code is None
    assert read(bundle(organisation(OFFICIAL, id=own_id), **referring)).provider_code == "R0A"


def test_an_organisation_is_found_by_an_identifier_of_its_own() -> None:
    inside = organisation(LOCAL, OFFICIAL)
    search = f"Organization?identifier={LOCAL['system']}|{LOCAL['value']}"
    for provider in (to(search), {"identifier": LOCAL}):
        assert read(bundle(inside, serviceProvider=provider)).provider_code == "R0A"


@pytest.mark.parametrize("url", ["urn:uuid:0e5f9d6c", "https://example.nhs.uk/R4/Organization/o9"])
def test_a_resource_is_found_by_its_full_url(url: str) -> None:
    resource = bundle(serviceProvider=to(url))
    resource["entry"].append({"fullUrl": url, "resource": organisation(OFFICIAL, id=None)})
    assert read(resource).provider_code == "R0A"


def test_dates_are_those_of_the_period() -> None:
    period = {"start": "2026-01-30T08:00:00+00:00", "end": "2026-02"}
    for resource, place in (
        (claim(billablePeriod=period), "Claim.billablePeriod"),
        (bundle(period=period), "Bundle.entry[0].resource.period"),
    ):
        episode = read(resource)
        assert (str(episode.start_date), episode.end_date) == ("2026-01-30", None)
        assert remarks(resource) == [f"{place}.end"]


# Codes


@pytest.mark.parametrize(
    "system",
    [
        OPCS4,
        "https://fhir.nhs.uk/Id/opcs-4",
        "http://fhir.hl7.org.uk/CodeSystem/OPCS-4",
        "http://fhir.hl7.org.uk/R4/CodeSystem/OPCS-4/",
        "https://fhir.hl7.org.uk/Id/OPCS-4|4.10",
        "http://hl7.org/fhir/sid/ex-opcs4",
        "http://www.endeavourhealth.org/fhir/opcs4",
        " OPCS4 ",
        "OPCS-4.10",
        "https://example.nhs.uk/Id/OPCS-4-10",
        "https://example.nhs.uk/Id/opcs_4",
        "OPCS 4",
        "https://example.nhs.uk/Id/opcs-4/4.10",
        "https://example.nhs.uk/opcs/codes",
        "",
        None,
    ],
)
def test_procedures_are_read_whatever_uri_names_opcs_4(system: object) -> None:
    resource = claim(procedure(coding("V44.4", system)))
    assert codes(resource) == (("V44.4",), ())
    assert remarks(resource) == []


@pytest.mark.parametrize(
    "system",
    [
        ICD10,
        "http://hl7.org/fhir/sid/icd-10-uk",
        "https://hl7.org/fhir/sid/ICD-10/",
        "http://hl7.org/fhir/ValueSet/icd-10",
        "urn:oid:2.16.840.1.113883.6.3",
        "icd10",
        "http://hl7.org/fhir/sid/icd-10/2016",
        "http://hl7.org/fhir/sid/icd-10-who",
        "http://hl7.org/fhir/sid/icd-10-gb",
        "ICD 10",
        "",
        None,
    ],
)
def test_diagnoses_are_read_whatever_uri_names_icd_10(system: object) -> None:
    item = {"diagnosisCodeableConcept": concept(coding("M80.58", system))}
    assert codes(claim(diagnosis=[item])) == ((), ("M80.58",))
    assert remarks(claim(diagnosis=[item])) == []


@pytest.mark.parametrize("system", ["https://example.nhs.uk/codes", "O4", "WHO", "10", "ICDX", 7])
def test_a_code_of_an_unknown_system_is_read_with_a_remark(system: object) -> None:
    diagnosis = {"diagnosisCodeableConcept": concept(coding("M80.58", system))}
    resource = claim(diagnosis=[diagnosis])
    assert codes(resource) == ((), ("M80.58",))
    place = "Claim.diagnosis[0].diagnosisCodeableConcept.coding[0].code"
    message = "is of an unknown coding system, and was read as ICD-10"
    assert read(resource).remarks == (Remark(place=place, message=message),)


def test_procedures_of_an_unknown_system_are_read_in_order() -> None:
    local = "https://example.nhs.uk/codes"
    listed = [coding("V44.4", local), coding("V55.1"), coding("Y53.4", None), coding("Z66.5", "O4")]
    resource = bundle(*({"resourceType": "Procedure", "code": concept(each)} for each in listed))
    assert codes(resource)[0] == ("V44.4", "V55.1", "Y53.4", "Z66.5")
    assert remarks(resource) == [f"Bundle.entry[{n}].resource.code.coding[0].code" for n in (1, 4)]


def test_a_code_of_an_unknown_system_counts_only_where_no_other_does() -> None:
    unknown = coding("V44.6", "https://example.nhs.uk/codes")
    for other in (coding("V44.4"), coding("V44.4", None)):
        assert codes(claim(procedure(unknown, other))) == (("V44.4",), ())


@pytest.mark.parametrize(
    "system",
    [
        SNOMED,
        "http://read.info/readv2",
        "http://read.info/ctv3",
        "urn:oid:2.16.840.1.113883.2.1.6.2",
        "urn:oid:2.16.840.1.113883.6.90",
        "http://hl7.org/fhir/sid/icd-9-cm",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10-am",
        "ICD10PCS",
        "http://id.who.int/icd/release/11/mms",
        "http://hl7.org/fhir/sid/icd-11",
        "http://hl7.org/fhir/sid/icpc-2",
        "http://www.ama-assn.org/go/cpt",
        "https://www.ccsd.org.uk",
        "http://loinc.org",
    ],
)
def test_a_code_of_another_system_is_left_out_whatever_it_looks_like(system: str) -> None:
    diagnosis = {"diagnosisCodeableConcept": concept(coding("M80.5", system))}
    resource = claim(procedure(coding("V44.4", system)), diagnosis=[diagnosis])
    assert codes(resource) == ((), ())
    assert len(remarks(resource)) == len(("procedure", "diagnosis"))


@pytest.mark.parametrize("kind,code", [("procedure", "M80.58"), ("diagnosis", "V44.4")])
def test_a_code_of_the_other_classification_is_left_out(kind: str, code: str) -> None:
    system = ICD10 if kind == "procedure" else OPCS4
    item = {f"{kind}CodeableConcept": concept(coding(code, system))}
    assert remarks(claim(**{kind: [item]})) == [f"Claim.{kind}[0].{kind}CodeableConcept"]


@pytest.mark.parametrize("code", ["V44.4X", "v444 1", "OPCS4:V44.4", "V55X", "V444V551"])
def test_a_malformed_code_without_a_system_is_read_as_malformed(code: str) -> None:
    resource = claim(procedure(coding(code, None)), procedure(coding("V44.4")))
    findings = judge(encoded(resource)).findings
    place = "Claim.procedure[0].procedureCodeableConcept.coding[0].code"
    assert "PX06" in [each.rule for each in findings if each.place == place]


def test_a_malformed_diagnosis_without_a_system_is_read_as_malformed() -> None:
    item = {"diagnosisCodeableConcept": concept(coding("M80.58Z", None))}
    verdict = judge(encoded(claim(procedure(coding("V44.4")), diagnosis=[item])))
    assert "DX04" in [each.rule for each in verdict.findings]


@pytest.mark.parametrize("other", [coding("447766003", SNOMED), coding("V44.4X", "urn:local")])
def test_a_malformed_code_beside_one_of_another_system_is_left_out(other: Json) -> None:
    resource = claim(procedure(coding("V44.41", None), other))
    assert codes(resource) == ((), ())
    assert remarks(resource) == ["Claim.procedure[0].procedureCodeableConcept"]


@pytest.mark.parametrize(
    "one",
    [
        coding("447766003", SNOMED),
        coding("M80.58", "http://hl7.org/fhir/sid/icd-10-cm"),
        coding("0PU43JZ", "http://www.cms.gov/Medicare/Coding/ICD10"),
        coding("447766003", None),
        coding("vertebroplasty", None),
        coding("X99.9", None),
        coding(None),
        {"display": "Vertebroplasty"},
    ],
)
def test_a_concept_without_a_code_that_can_be_read_is_left_out_with_a_remark(one: Json) -> None:
    resource = claim(procedure(one), procedure(coding("W37.1")))
    assert codes(resource) == (("W37.1",), ())
    assert remarks(resource) == ["Claim.procedure[0].procedureCodeableConcept"]


def test_a_code_without_a_system_counts_only_where_none_has_the_right_one() -> None:
    both = procedure(coding("V44.6", None), coding("V44.4"))
    assert codes(claim(both)) == (("V44.4",), ())


def test_all_codes_of_a_concept_are_read_in_order_each_once() -> None:
    several = [coding(each) for each in ("V44.4", "V55.1", "v444", "Y53.4")]
    resource = claim(
        procedure(coding("W37.1"), sequence=2),
        procedure(coding("447766003", SNOMED), *several, sequence=1),
    )
    assert codes(resource) == (("V44.4", "V55.1", "Y53.4", "W37.1"), ())
    findings = judge(encoded(resource)).findings
    assert findings[0].place == "Claim.procedure[1].procedureCodeableConcept.coding[1].code"


@pytest.mark.parametrize(
    "build,code,place",
    [(claim, procedure(coding("V44.4")), "Claim.{}"), (bundle, performed("V44.4"), "Bundle.entry")],
)
def test_what_concerns_a_whole_list_has_the_place_of_the_list(
    build: Callable[..., Json], code: Json, place: str
) -> None:
    findings = judge(encoded(build(code))).findings
    assert place.format("diagnosis") in [finding.place for finding in findings]
    assert faults(build(*[code] * 201)) == {
        place.format("procedure"): "should have at most 200 entries"
    }


# Claims


def test_the_sequence_of_a_claim_orders_its_codes() -> None:
    listed = [procedure(coding(each), sequence=n) for n, each in ((9, "V55.1"), (2, "V44.4"))]
    assert codes(claim(*listed)) == (("V44.4", "V55.1"), ())
    without = [{**each, "sequence": None} for each in listed]
    assert codes(claim(*without)) == (("V55.1", "V44.4"), ())


@pytest.mark.parametrize(
    "sequences,refused",
    [((1, 1), [0, 1]), ((1, None), [1]), ((0, 1), [0]), (("1", 2), [0]), ((True, 2), [0])],
)
def test_a_sequence_that_does_not_order_the_codes_is_refused(
    sequences: tuple[object, ...], refused: list[int]
) -> None:
    listed = [procedure(coding("V44.4"), sequence=each) for each in sequences]
    assert [*faults(claim(*listed))] == [f"Claim.procedure[{n}].sequence" for n in refused]


def test_what_a_claim_contains_is_read_once_and_what_it_refers_to_elsewhere_is_not() -> None:
    resource = claim(
        {"procedureReference": to("#p"), "sequence": 1},
        {"procedureReference": to("Procedure/7"), "sequence": 2},
        {"procedureReference": to("#p"), "sequence": 3},
        {"procedureReference": to("#d"), "sequence": 4},
        contained=[
            performed("V44.4", id="p", performedDateTime="2026-01-31"),
            condition("M80.58", id="d"),
            performed("V55.1", id="q"),
            {"resourceType": "Patient", "id": "x"},
        ],
    )
    assert codes(resource) == (("V44.4",), ())
    assert [str(each["date"]) for each in read(resource).procedures if isinstance(each, dict)] == [
        "2026-01-31"
    ]
    assert {each.place: each.message for each in read(resource).remarks} == {
        "Claim.procedure[1].procedureReference": (
            "refers to a resource that is not here, and was left out"
        ),
        "Claim.procedure[2].procedureReference": "refers to a resource that is read already",
        "Claim.procedure[3].procedureReference": (
            "refers to a resource that is no Procedure, and was left out"
        ),
        "Claim.contained[1]": "is in no entry of diagnosis, and was left out",
        "Claim.contained[2]": "is in no entry of procedure, and was left out",
    }


def test_a_code_that_only_a_service_of_a_claim_holds_is_remarked_on() -> None:
    services = [
        {"productOrService": concept(each)}
        for each in (coding("V444"), coding("V55.1"), coding("HC20D", "urn:hrg"))
    ]
    resource = claim(procedure(coding("V44.4")), item=services)
    assert codes(resource) == (("V44.4",), ())
    assert remarks(resource) == ["Claim.item[1].productOrService"]
    assert read(claim(item=services)).unread_procedures == len(("V44.4", "V55.1"))
    assert codes(claim(procedure(coding("V44.4")), item="none")) == (("V44.4",), ())


def test_the_date_of_a_procedure_in_a_claim_is_its_own() -> None:
    inside = performed("V44.4", id="p", performedDateTime="2026-01-31")
    item = {"procedureReference": to("#p"), "date": "31/01/2026"}
    assert remarks(claim(item, contained=[inside])) == ["Claim.procedure[0].date"]


# Bundles


def test_procedures_stand_in_the_order_of_the_bundle_whatever_their_dates() -> None:
    resource = bundle(
        performed("V44.4", performedDateTime="2026-01-31"),
        performed("W37.1", performedPeriod={"start": "2026-01-01"}),
        performed("V55.1", performedDateTime="January"),
    )
    assert codes(resource) == (("V44.4", "W37.1", "V55.1"), ())
    assert remarks(resource) == ["Bundle.entry[3].resource.performedDateTime"]


def listed(*conditions: tuple[str, object]) -> list[Json]:
    return [{"condition": to(reference), "rank": rank} for reference, rank in conditions]


@pytest.mark.parametrize(
    "ranks,order",
    [
        ([], "ABC"),
        ([("Condition/C", 1), ("Condition/A", 2)], "CAB"),
        ([("Condition/C", None), ("Condition/B", 1)], "BAC"),
        ([("Condition/C", 1), ("Condition/B", 1)], "BCA"),
        ([("Condition/B", 3), ("Condition/C", 2), ("Condition/B", 1)], "BCA"),
        ([("Condition/A", 2), ("Procedure/P", 1)], "ABC"),
    ],
)
def test_conditions_stand_by_rank_and_then_in_the_order_of_the_bundle(
    ranks: list[tuple[str, object]], order: str
) -> None:
    resource = bundle(
        *(condition(f"{each}00", id=each) for each in "ABC"),
        performed("V44.4", id="P"),
        diagnosis=listed(*ranks),
    )
    assert codes(resource) == (("V44.4",), tuple(f"{each}00" for each in order))
    assert remarks(resource) == []


def test_what_cannot_be_used_of_the_diagnoses_of_an_encounter_is_remarked() -> None:
    resource = bundle(
        condition("M80.58", id="A"),
        diagnosis=[*listed(("Condition/A", "1"), ("Condition/B", 1), ("Condition/A", 0)), {}],
    )
    assert codes(resource) == ((), ("M80.58",))
    place = "Bundle.entry[0].resource.diagnosis"
    assert remarks(resource) == [
        f"{place}[1].condition",
        f"{place}[3].condition",
        f"{place}[0].rank",
        f"{place}[2].rank",
    ]


A = {"system": "https://example.nhs.uk/Id/stay", "value": "A"}
OTHER = "is of another Encounter, and was left out"
ABSENT = "refers to an Encounter that is not here, and was left out"
TAKEN = "refers to an Encounter that is not here, and was read as of the one that is"


@pytest.mark.parametrize(
    "encounter,message",
    [
        (to("Encounter/E1"), None),
        (to("urn:uuid:E1"), None),
        (to("https://example.nhs.uk/R4/Encounter/E1/_history/2"), None),
        ({"display": "Ward stay"}, None),
        ({"identifier": {"value": "A"}}, None),
        ({"identifier": A}, None),
        ({"identifier": {"system": "urn:other-spelling", "value": "A"}}, None),
        (to("Encounter?identifier=A"), None),
        (to("Encounter?identifier=https://example.nhs.uk/Id/stay|A"), None),
        (to("https://example.nhs.uk/R4/Encounter?identifier=https%3A%2F%2Fx%7CA"), None),
        (to("Encounter/999") | {"identifier": A}, None),
        ({"identifier": {"value": "B"}}, ABSENT),
        (to("Encounter?identifier=https://example.nhs.uk/Id/stay|B"), ABSENT),
        (to("Encounter/E2"), ABSENT),
        (to("urn:uuid:1"), ABSENT),
        (to("Procedure/P"), OTHER),
    ],
)
def test_what_is_of_another_encounter_is_left_out_with_a_remark(
    encounter: Json, message: str | None
) -> None:
    resource = bundle(performed("V44.4", id="P", encounter=encounter), identifier=[A])
    assert codes(resource)[0] == (() if message else ("V44.4",))
    assert [each.message for each in read(resource).remarks] == [*filter(None, [message])]
    assert read(resource).unread_procedures == bool(message)


@pytest.mark.parametrize(
    "encounter,members",
    [
        (to("Encounter/999"), {"id": None, "identifier": [A]}),
        (to("urn:uuid:1"), {"id": None, "identifier": [A]}),
        (to("Encounter?identifier=https://example.nhs.uk/Id/stay|A"), {}),
        ({"identifier": A}, {}),
    ],
)
def test_what_cannot_tell_an_encounter_from_the_one_that_is_here_is_taken_to_mean_it(
    encounter: Json, members: Json
) -> None:
    resource = bundle(performed("V44.4", encounter=encounter), **members)
    assert codes(resource)[0] == ("V44.4",)
    place = "Bundle.entry[1].resource.encounter"
    assert read(resource).remarks == (Remark(place=place, message=TAKEN),)


def test_identifiers_of_what_is_not_read_may_be_anything() -> None:
    odd = {"resourceType": "Patient", "identifier": ["7", {"value": 7}]}
    assert read(bundle(odd))


@pytest.mark.parametrize(
    "reference", [to("Condition?identifier=urn:c|B"), {"identifier": {"value": "B"}}]
)
def test_an_encounter_may_list_a_condition_by_an_identifier(reference: Json) -> None:
    resource = bundle(
        condition("C90.0", id="A"),
        condition("M80.58", identifier=[{"system": "urn:c", "value": "B"}]),
        diagnosis=[{"condition": reference, "rank": 1}],
    )
    assert codes(resource)[1] == ("M80.58", "C90.0")
    assert remarks(resource) == []


def test_what_an_encounter_contains_is_its_own() -> None:
    inside = [performed("V44.4"), condition("M80.58", id="c"), {"resourceType": "Patient"}]
    assert codes(bundle(performed("W37.1"), contained=inside)) == (("W37.1", "V44.4"), ("M80.58",))


# Provisional diagnoses


@pytest.mark.parametrize(
    "uses,order",
    [
        ([("A", "AD", 1), ("B", "DD", 1)], "B"),
        ([("A", "CC", 1), ("B", "DD", 2)], "B"),
        ([("A", "pre-op", 1), ("B", "post-op", 1)], "B"),
        ([("A", "AD", 1), ("B", "AD", 2)], "AB"),
        ([("A", "AD", 2), ("B", None, 1)], "BA"),
        ([("A", "AD", 1), ("A", "DD", 2), ("B", "DD", 1)], "BA"),
        ([("A", "AD", 2), ("A", None, 3), ("B", "DD", 1)], "BA"),
        ([("A", "CM", 1), ("B", "DD", 1)], "BA"),
        ([("A", "CM", 1), ("B", "DD", 2)], "AB"),
    ],
)
def test_a_diagnosis_on_admission_is_left_out_beside_others(
    uses: list[tuple[str, str | None, object]], order: str
) -> None:
    resource = bundle(
        *(condition(f"{each}00", id=each) for each in "AB"),
        diagnosis=[used(*each) for each in uses],
    )
    assert codes(resource)[1] == tuple(f"{each}00" for each in order)
    message = "is provisional beside others, and was left out"
    left_out = Remark(place="Bundle.entry[1].resource", message=message)
    assert read(resource).remarks == (() if "A" in order else (left_out,))


def test_a_diagnosis_on_admission_is_left_out_even_if_the_final_one_cannot_be_read() -> None:
    final = {"resourceType": "Condition", "id": "B", "code": concept(coding("1", SNOMED))}
    uses = [used("A", "AD"), used("B", "DD")]
    assert codes(bundle(condition("R52.9", id="A"), final, diagnosis=uses))[1] == ()
    refuted = final | {"verificationStatus": concept({"code": "refuted"})}
    assert codes(bundle(condition("R52.9", id="A"), refuted, diagnosis=uses))[1] == ("R52.9",)


def of_status(code: str, status: str | None, **members: object) -> Json:
    verification = {"verificationStatus": concept({"code": status})} if status else {}
    return condition(code, **verification, **members)


@pytest.mark.parametrize("status", ["provisional", "differential", "unconfirmed"])
def test_a_condition_that_is_not_confirmed_is_left_out_beside_one_that_is(status: str) -> None:
    for other, expected in (("confirmed", ("C90.0",)), (None, ("R52.9", "C90.0"))):
        resource = bundle(of_status("R52.9", status), of_status("C90.0", other))
        assert codes(resource)[1] == expected
    assert codes(bundle(of_status("R52.9", status)))[1] == ("R52.9",)


def test_roles_and_statuses_together_leave_a_diagnosis() -> None:
    resource = bundle(
        of_status("R52.9", "confirmed", id="A"),
        of_status("C90.0", "provisional", id="B"),
        diagnosis=[used("A", "AD"), used("B", "DD")],
    )
    assert codes(resource)[1] == ("C90.0",)


@pytest.mark.parametrize(
    "types,expected",
    [
        ([["admitting"], ["principal"]], ("C90.0",)),
        ([["admitting"], ["Discharge"]], ("C90.0",)),
        ([["differential"], ["principal"]], ("C90.0",)),
        ([["admitting", "principal"], ["clinical"]], ("R52.9", "C90.0")),
        ([["admitting"], []], ("R52.9", "C90.0")),
    ],
)
def test_an_admitting_diagnosis_of_a_claim_is_left_out_beside_others(
    types: list[list[str]], expected: tuple[str, ...]
) -> None:
    items = [
        {
            "sequence": n,
            "diagnosisCodeableConcept": concept(coding(code, ICD10)),
            "type": [concept({"code": each}) for each in types[n - 1]],
        }
        for n, code in ((1, "R52.9"), (2, "C90.0"))
    ]
    assert codes(claim(diagnosis=items))[1] == expected
    assert remarks(claim(diagnosis=items)) == ["Claim.diagnosis[0]"] * (2 - len(expected))


def test_a_condition_that_the_encounter_lists_is_its_own_wherever_it_was_first_recorded() -> None:
    earlier = condition("M80.58", id="A", encounter=to("Encounter/E0"))
    assert codes(bundle(earlier, diagnosis=listed(("Condition/A", 1))))[1] == ("M80.58",)
    within = bundle(contained=[condition("C90.0", id="c")], diagnosis=listed(("#c", 1)))
    assert codes(within)[1] == ("C90.0",)


@pytest.mark.parametrize(
    "resource",
    [
        *(performed("V44.4", status=each) for each in ("entered-in-error", "not-done")),
        performed("V44.4", status="preparation"),
        condition("M80.58", verificationStatus=concept({"code": "entered-in-error"})),
        condition("M80.58", verificationStatus=concept({"code": "refuted"})),
    ],
)
def test_what_was_not_done_or_is_an_error_is_left_out_with_a_remark(resource: Json) -> None:
    assert codes(bundle(resource)) == ((), ())
    assert remarks(bundle(resource)) == ["Bundle.entry[1].resource"]


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped", "unknown", 7])
def test_what_was_at_least_begun_is_read(status: object) -> None:
    assert codes(bundle(performed("V44.4", status=status)))[0] == ("V44.4",)


# Any bytes


NAMES = st.sampled_from(
    [
        *("id", "identifier", "value", "system", "code", "coding", "reference", "provider"),
        *("procedure", "diagnosis", "sequence", "contained", "status", "rank", "condition"),
        *("procedureCodeableConcept", "procedureReference", "encounter", "serviceProvider"),
        *("verificationStatus", "performedPeriod", "performedDateTime", "period", "fullUrl"),
        *("use", "type", "item", "productOrService", "diagnosisReference", "display"),
    ]
)
near_elements = st.recursive(
    json_values | st.sampled_from(["E1", "#p", "Encounter/E1", OPCS4, "V44.4", 1, "R0A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
near_resources = st.builds(
    lambda kind, members: {"resourceType": kind, **members},
    st.sampled_from(["Claim", "Encounter", "Condition", "Procedure", "Organization"]),
    st.dictionaries(NAMES, near_elements, max_size=6),
)
near_bundles = st.lists(near_resources, max_size=4).map(lambda each: bundle(*each))


@given(near_resources | near_bundles)
def test_whatever_a_resource_holds_it_is_read_or_refused(resource: object) -> None:
    outcome = read_episode(encoded(resource))
    assert isinstance(outcome, Episode | Withdrawal | Rejection)
    if isinstance(outcome, Rejection):
        assert 1 <= len(outcome.errors) <= MAX_FAULTS
        assert all(fault.message != "is not valid" for fault in outcome.errors)


@given(st.sampled_from(SAMPLES), st.integers(0, 10_000), st.integers(0, 200), st.binary(max_size=8))
def test_a_damaged_sample_is_read_or_refused_and_never_quoted(
    sample: Path, start: int, length: int, by: bytes
) -> None:
    value = sample.read_bytes()
    start %= len(value)
    marked = value[:start] + by + value[start + length :]
    verdict = judge(marked.replace(b"Example Hospitals", b"Secretly"))
    assert "Secretly" not in verdict.model_dump_json()


@given(st.sampled_from(SAMPLES), st.integers(0, 10_000))
def test_a_sample_that_is_cut_short_is_refused(sample: Path, length: int) -> None:
    value = sample.read_bytes().rstrip()
    assert rejected(value[: length % len(value)]).reason is Reason.NOT_JSON


def repeat(start: str, repeated: str, end: str) -> bytes:
    times = (MAX_RECORD_BYTES - len(start) - len(end) - 10) // len(repeated)
    return (start + repeated * times + repeated.rstrip(",") + end).encode()


HEAD = '{"resourceType":"Claim","id":"E1","provider":{"reference":"Organization/R0A"},'
BUNDLED = (
    '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Encounter","id":"E1",'
    '"serviceProvider":{"reference":"Organization/R0A"}%s}},'
)
MANY = 9_999
CODINGS = '{"code":"1"},' * MANY + "{}"
IDENTIFIERS = '{"value":"A"},' * MANY + "{}"
PADDING = f'"x":"{" " * 60}"'
CODED = '"procedure":[{"procedureCodeableConcept":{"coding":['
CODE = '{"procedureCodeableConcept":{"coding":{"code":"V44"}}},'
EMPTY_CODES = (
    '{"resource":{"resourceType":"Procedure","code":{"coding":[' + "{}," * MANY + "{}]}}},"
)
OTHERS = '{"resource":{"resourceType":"Condition","encounter":{"identifier":{"value":"B"}}}},'


@pytest.mark.parametrize(
    "value",
    [
        repeat(HEAD + '"procedure":[', "{},", "]}"),
        repeat(HEAD + '"procedure":[', "1,", "]}"),
        repeat(HEAD + '"procedure":', "[", ""),
        repeat(HEAD + '"procedure":[', CODE, "]}"),
        repeat(HEAD + CODED, '{"code":"V44"},', "]}}]}"),
        repeat(HEAD + CODED + '{"code":"', "V44 ", '"}]}}]}'),
        repeat(HEAD + CODED + '{"system":"', "/opcs-4.1", '","code":"1"}]}}]}'),
        repeat(
            HEAD
            + '"contained":[{"resourceType":"Procedure","id":"p","code":{"coding":['
            + CODINGS
            + ']}}],"procedure":[',
            '{"procedureReference":{"reference":"#p"},' + PADDING + "},",
            "]}",
        ),
        repeat(HEAD + '"identifier":[', '{"value":"E"},', "]}"),
        repeat(
            HEAD + '"diagnosis":{"diagnosisCodeableConcept":{"coding":{"code":"A00","system":"',
            "icd10",
            '"}}}}',
        ),
        repeat(
            HEAD + '"diagnosis":{"diagnosisCodeableConcept":{"coding":{"code":"A00","system":"',
            "icd 1",
            '"}}}}',
        ),
        repeat(
            HEAD + '"procedure":{"procedureCodeableConcept":{"coding":{"code":"', "V44 ", '"}}}}'
        ),
        repeat(
            HEAD + '"item":[',
            '{"productOrService":{"coding":{"code":"V44","system":"opcs"}}},',
            "]}",
        ),
        repeat(HEAD + '"diagnosis":[', '{"type":[{"coding":[{"code":"admitting"}]}]},', "]}"),
        repeat(
            BUNDLED % "",
            '{"resource":{"resourceType":"Condition","encounter":{"reference":"'
            'Encounter?identifier=A|B"}}},',
            "]}",
        ),
        repeat(
            '{"resourceType":"Bundle","entry":[' + '{"resource":{"resourceType":"Encounter"}},'
            '{"resource":{"resourceType":"' + "x" * 500_000 + '","identifier":[',
            '{"value":"A"},',
            "]}}]}",
        ),
        repeat(HEAD + '"contained":[', '{"id":"a"},', "]}"),
        repeat(HEAD, '"status":1,', "}"),
        repeat('{"resourceType":"Claim","provider":{"reference":"', "Organization/", '"}}'),
        repeat('{"resourceType":"Claim","provider":{"reference":"', "ods-code|", '"}}'),
        repeat(BUNDLED % "", '{"resource":{"resourceType":"Procedure"}},', "]}"),
        repeat(BUNDLED % "", "{},", "]}"),
        repeat(BUNDLED % "", EMPTY_CODES, "]}"),
        repeat(BUNDLED % (',"identifier":[' + IDENTIFIERS + "]"), OTHERS, "]}"),
        repeat(
            BUNDLED.partition("%s")[0] + ',"diagnosis":[',
            '{"condition":{"reference":"Condition/A"},' + PADDING + "},",
            "]}}]}",
        ),
    ],
    ids=range(25),
)
def test_no_megabyte_takes_long(value: bytes) -> None:
    begin = perf_counter()
    assert isinstance(read_episode(value), Episode | Rejection)
    assert perf_counter() - begin < SECONDS
