"""The same episodes, written in every format that a topic may hold."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.codes import normalise
from schemas.episode import Format
from schemas.verdict import Verdict
from streams.validation.check import judge

SAMPLES = Path(__file__).parents[1] / "samples"
TWENTY = [json.loads(line) for line in SAMPLES.joinpath("twenty.jsonl").read_text().splitlines()]

Written = dict[str, Any]
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
SNOMED = {"system": "http://snomed.info/sct", "code": "447763007"}
OPCS4 = "https://fhir.hl7.org.uk/Id/opcs-4"
ICD10 = "http://hl7.org/fhir/sid/icd-10"


def procedures(episode: Written) -> Iterator[tuple[str, str]]:
    return ((each["code"], each["date"]) for each in episode["procedures"])


def hl7(episode: Written) -> bytes:
    stay = ["PV1", "1", "I", *[""] * 16, episode["episode_id"], *[""] * 24]
    segments = [
        f"MSH|^~\\&|PAS|{episode['provider_code']}|IPG12||20260201||ADT^A03|1|P|2.4",
        "|".join([*stay, episode["start_date"], episode["end_date"]]),
        *(f"DG1|{n}||{code}^^ICD10" for n, code in enumerate(episode["diagnoses"], 1)),
        *(
            f"PR1|{n}||447763007^^SNM^{code}^^OPCS4||{date.replace('-', '')}"
            for n, (code, date) in enumerate(procedures(episode), 1)
        ),
    ]
    return "\r".join(segments).encode()


def concept(system: str, code: str) -> Written:
    return {"coding": [SNOMED, {"system": system, "code": code}]}


def claim(episode: Written) -> bytes:
    performed = [
        {"sequence": n, "procedureCodeableConcept": concept(OPCS4, code), "date": date}
        for n, (code, date) in enumerate(procedures(episode), 1)
    ]
    diagnoses = [
        {"sequence": n, "diagnosisCodeableConcept": concept(ICD10, code)}
        for n, code in enumerate(episode["diagnoses"], 1)
    ]
    resource = {
        "resourceType": "Claim",
        "identifier": [{"value": episode["episode_id"]}],
        "provider": {"identifier": {"system": ODS, "value": episode["provider_code"]}},
        "procedure": performed[::-1],
        "diagnosis": diagnoses[::-1],
    }
    return json.dumps(resource).encode()


def bundle(episode: Written) -> bytes:
    ranked = [
        {"condition": {"reference": f"Condition/{n}"}, "rank": n}
        for n in range(1, len(episode["diagnoses"]) + 1)
    ]
    encounter = {
        "resourceType": "Encounter",
        "identifier": [{"value": episode["episode_id"]}],
        "serviceProvider": {"identifier": {"system": ODS, "value": episode["provider_code"]}},
        "diagnosis": ranked,
    }
    conditions = [
        {"resourceType": "Condition", "id": str(n), "code": concept(ICD10, code)}
        for n, code in enumerate(episode["diagnoses"], 1)
    ]
    performed = [
        {"resourceType": "Procedure", "code": concept(OPCS4, code), "performedDateTime": date}
        for code, date in procedures(episode)
    ]
    resources = [*conditions[::-1], encounter, *performed]
    entries = [{"resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def group(kind: str, name: str, code: str, more: str = "") -> str:
    return f"<{kind}{name}Group><{kind}{name}>{code}</{kind}{name}>{more}</{kind}{name}Group>"


def cds(episode: Written) -> bytes:
    coded = [
        group("Primary" if n == 0 else "Secondary", "Diagnosis_ICD", code.replace(".", ""))
        for n, code in enumerate(episode["diagnoses"])
    ]
    coded += [
        group(
            "Primary" if n == 0 else "Secondary",
            "Procedure_OPCS",
            code.replace(".", ""),
            f"<ProcedureDate>{date}</ProcedureDate>",
        )
        for n, (code, date) in enumerate(procedures(episode))
    ]
    provider = "OrganisationIdentifier_CodeOfProvider"
    content = [
        "<CDSNetChange-All-MessageTypes><CDSTransactionHeader_NetChange>",
        f"<CDSUniqueIdentifier>{episode['episode_id']}</CDSUniqueIdentifier>",
        "<CDSUpdateType>9</CDSUpdateType></CDSTransactionHeader_NetChange>",
        f"<{provider}>{episode['provider_code']}</{provider}>",
        *coded,
        "</CDSNetChange-All-MessageTypes>",
    ]
    return "".join(content).encode()


def gist(verdict: Verdict) -> Written:
    """Return what a verdict says, but for what is of one format: places and their order,
    spelling, remarks.
    """
    return {
        **verdict.model_dump(exclude={"format", "remarks", "findings"}),
        "findings": {
            (
                *(finding.rule, finding.at, finding.found and normalise(finding.found)),
                finding.expected,
                finding.fix and (finding.fix.code, finding.fix.text),
            )
            for finding in verdict.findings
        },
    }


@pytest.mark.parametrize(
    "write,written_in",
    [
        (hl7, Format.HL7_V2),
        (claim, Format.FHIR_R4),
        (bundle, Format.FHIR_R4),
        (cds, Format.CDS_XML),
    ],
    ids=["hl7", "claim", "bundle", "cds"],
)
@pytest.mark.parametrize("episode", TWENTY, ids=lambda episode: episode["episode_id"])
def test_the_same_episode_has_the_same_verdict_in_every_format(
    episode: Written, write: Callable[[Written], bytes], written_in: Format
) -> None:
    verdict = judge(write(episode))
    assert verdict.format is written_in
    assert gist(verdict) == gist(judge(json.dumps(episode).encode()))
