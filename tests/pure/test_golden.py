import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.export import json_schemas
from schemas.verdict import RULESET, Outcome
from streams.validation.check import check, judge
from streams.validation.rule import coded

GOLDEN = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden/episodes.jsonl").read_text().splitlines()
]
DIGESTS = json.loads((Path(__file__).parents[1] / "golden/digests.json").read_text())
VERDICT_SCHEMA = Draft202012Validator(json.loads(json_schemas()["verdict.schema.json"]))
EPISODE_SCHEMA = Draft202012Validator(json.loads(json_schemas()["episode.schema.json"]))

WORKED_EXAMPLES = """
V44.4 V55.1 Y53.4 Z66.5                         | compliant     |
V44.6 V55.2 Y68.1 Z66.4                         | compliant     |
V44.4 V55.9 Y53.9 Z66.9                         | compliant     | PX05@1 PX05@2 PX05@3
V44.4 Y53.4 Z66.5                               | non-compliant | LV01@0
V44.4 Y53.4 V55.1 Z66.5                         | non-compliant | LV02@2
V44.4 V55.1 Z66.5                               | non-compliant | IC01@0
V44.4 V55.1 Z66.5 Y53.4                         | non-compliant | IC02@3
V44.4 V55.1 Y53.4                               | non-compliant | ST01@0
V44.4 V55.1 Y53.4 Z94.2                         | non-compliant | ST01@0
V44.4 V55.1 Y53.4 Z84.6                         | non-compliant | ST02@3
V44.4 V55.1 Y10.2 Y53.4 Z66.5 Z94.3             | compliant     |
V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5       | compliant     |
V44.4 V55.1 Y53.4 V47.1 Z66.5                   | non-compliant | LV01@3
Y53.4 V44.4 V55.1 Z66.5                         | non-compliant | PX02@0 IC01@1
V44.4 V55 Y53 Z66.5                             | non-compliant | PX03@1 PX03@2
V44 V55.1 Y53.4 Z66.5                           | non-compliant | PX03@0
V44.5 V55.1 Y53.4 Z66.5                         | out-of-scope  |
"""


def test_the_golden_set_is_whole() -> None:
    assert len(GOLDEN) == 61


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["why"])
def test_a_golden_episode_gets_its_outcome_and_findings_in_order(case: dict[str, Any]) -> None:
    verdict = judge(json.dumps(case["episode"]).encode())
    assert verdict.outcome == case["outcome"]
    found = [[f.rule, f.place] for f in verdict.findings]
    assert found == case["findings"], (
        f"tests/golden/episodes.jsonl, {case['why']}: correct the rule, or `findings`"
    )


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["why"])
def test_golden_episodes_and_their_verdicts_satisfy_the_json_schemas(case: dict[str, Any]) -> None:
    verdict = judge(json.dumps(case["episode"]).encode())
    assert list(EPISODE_SCHEMA.iter_errors(case["episode"])) == []
    assert list(VERDICT_SCHEMA.iter_errors(json.loads(verdict.model_dump_json()))) == []


@pytest.mark.parametrize(
    "procedures,outcome,findings",
    [[part.strip() for part in line.split("|")] for line in WORKED_EXAMPLES.strip().splitlines()],
)
def test_a_worked_example_of_the_specification_comes_out_as_written(
    procedures: str, outcome: str, findings: str
) -> None:
    verdict = check(coded(procedures))
    assert verdict.outcome == Outcome(outcome)
    assert [(f.rule, f.place) for f in verdict.findings] == [
        (rule, f"procedures[{index}].code")
        for rule, index in (finding.split("@") for finding in findings.split())
    ]


def test_no_verdict_changes_without_a_new_version_of_the_rule_set() -> None:
    """Words may change: what is digested is outcomes, findings by place, and fixes."""
    verdicts = [judge(json.dumps(case["episode"]).encode()) for case in GOLDEN]
    told = [
        (
            verdict.outcome,
            verdict.proposed,
            [
                (
                    each.rule,
                    each.severity,
                    each.place,
                    each.fix and each.fix.model_dump(exclude={"text"}),
                )
                for each in verdict.findings
            ],
        )
        for verdict in verdicts
    ]
    digest = sha256(json.dumps(told).encode()).hexdigest()
    assert DIGESTS.get(RULESET) == digest, (
        f"verdicts on golden episodes have changed, or there are others: raise RULESET if verdicts "
        f'have changed, and add "{RULESET}": "{digest}" to tests/golden/digests.json'
    )
