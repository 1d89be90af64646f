"""The rules do what they say, and the example of a configuration fits docker-compose.yml."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "ipg12.rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
EXAMPLE = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
OPERATING = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_every_rule_fires_and_stays_quiet_where_it_should(prometheus: Path) -> None:
    done = subprocess.run(
        [prometheus / "promtool", "test", "rules", FOLDER / "ipg12.rules.test.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tried = set(re.findall(r"alertname: (\w+)", (FOLDER / "ipg12.rules.test.yml").read_text()))
    assert tried == {rule["alert"] for rule in RULES}


def test_each_rule_leads_to_a_paragraph_that_says_what_to_do() -> None:
    alarms = OPERATING.split("## Alarms")[1].split("\n## ")[0]
    headings = re.findall(r"^### (\w+)$", alarms, re.MULTILINE)
    assert headings == [rule["alert"] for rule in RULES]
    for rule in RULES:
        anchor = f"docs/operating.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook_url"] == anchor
        assert rule["labels"]["severity"] in {"critical", "warning"}


def test_the_example_scrapes_the_services_of_compose_where_they_serve() -> None:
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"] for job in EXAMPLE["scrape_configs"]
    }
    assert targets == {
        job: [f"{service}:{COMPOSE[service]['ports'][0].rpartition(':')[2]}"]
        for job, service in (("ipg12", "worker"), ("ipg12-alerts", "alerts"))
    }


def test_the_example_can_be_read_and_sends_to_the_alertmanager_of_compose(prometheus: Path) -> None:
    done = subprocess.run(
        [prometheus / "promtool", "check", "config", FOLDER / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (manager,) = EXAMPLE["alerting"]["alertmanagers"]
    port = COMPOSE["alertmanager"]["ports"][0].rpartition(":")[2]
    assert manager["static_configs"] == [{"targets": [f"alertmanager:{port}"]}]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_names_no_provider_and_no_episode(rule: dict[str, str]) -> None:
    assert not re.search(r"\b(provider|episode)s?\b", rule["expr"])
