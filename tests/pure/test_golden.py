import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.export import json_schemas
from schemas.verdict import RULESET
from streams.validation.check import judge

GOLDEN = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden/episodes.jsonl").read_text().splitlines()
]
DIGESTS = json.loads((Path(__file__).parents[1] / "golden/digests.json").read_text())
VERDICT_SCHEMA = Draft202012Validator(json.loads(json_schemas()["verdict.schema.json"]))
EPISODE_SCHEMA = Draft202012Validator(json.loads(json_schemas()["episode.schema.json"]))


def test_the_golden_set_is_whole() -> None:
    assert len(GOLDEN) == 96


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
