"""The example of routes sends each alarm to somebody, and to nobody real."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PATH = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
EXAMPLE = yaml.safe_load(PATH.read_text())
RULES = {
    rule["alert"]: rule["labels"]["severity"]
    for group in yaml.safe_load((ROOT / "deploy/prometheus/ipg12.rules.yml").read_text())["groups"]
    for rule in group["rules"]
}


def test_alertmanager_can_read_the_example(amtool: Path) -> None:
    done = subprocess.run(
        [amtool, "check-config", PATH], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "severity,receiver", [("critical", "on-call"), ("warning", "desk"), ("unheard-of", "desk")]
)
def test_an_alarm_goes_to_whom_its_severity_concerns(
    amtool: Path, severity: str, receiver: str
) -> None:
    config = f"--config.file={PATH}"
    done = subprocess.run(
        [amtool, "config", "routes", "test", config, f"severity={severity}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [receiver], done.stderr


def test_there_is_a_route_for_every_severity_of_the_rules() -> None:
    routed = {matcher for route in EXAMPLE["route"]["routes"] for matcher in route["matchers"]}
    assert routed == {f'severity="{severity}"' for severity in RULES.values()}


@pytest.mark.parametrize("inhibition", EXAMPLE["inhibit_rules"], ids=str)
def test_a_critical_alarm_keeps_warnings_back_and_nothing_that_wakes_somebody(
    inhibition: dict[str, list[str]],
) -> None:
    (source,) = re.findall(r'^alertname="(\w+)"$', "\n".join(inhibition["source_matchers"]))
    (targets,) = re.findall(r'^alertname=~?"([\w|]+)"$', "\n".join(inhibition["target_matchers"]))
    assert RULES[source] == "critical"
    assert {RULES[target] for target in targets.split("|")} == {"warning"}


def test_nobody_real_is_named() -> None:
    hosts = re.findall(r"(?:@|//|smarthost: )([\w.-]+)", PATH.read_text())
    assert len(hosts) == 4
    assert all(host.endswith(".invalid") for host in hosts)
