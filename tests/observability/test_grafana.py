"""The dashboard can be read by whoever is woken, and fits Prometheus and docker-compose.yml."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from headings import anchors

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "grafana"
DASHBOARD = json.loads((FOLDER / "ipg12.json").read_text())
ROWS = [panel for panel in DASHBOARD["panels"] if panel["type"] == "row"]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ALARMS = yaml.safe_load((ROOT / "deploy/prometheus/ipg12.rules.yml").read_text())["groups"]


def named(panel: dict[str, str]) -> str:
    return f"{panel['id']} {panel['title']}"


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_a_panel_says_what_it_shows_in_which_unit_and_what_to_do(panel: dict[str, Any]) -> None:
    assert str(panel["description"]).endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    if len(panel["targets"]) > 1:
        assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_a_page_that_a_panel_names_is_there(panel: dict[str, str]) -> None:
    for page, _, anchor in re.findall(r"(docs/[\w/]+\.md)(#([\w-]+))?", panel["description"]):
        assert (ROOT / page).is_file()
        assert not anchor or anchor in anchors(ROOT / page)


def test_every_alarm_has_a_panel_that_leads_to_its_paragraph() -> None:
    named_anchors = {
        anchor
        for panel in PANELS
        for anchor in re.findall(r"docs/operating\.md#([\w-]+)", panel["description"])
    }
    alarms = {rule["alert"].lower() for group in ALARMS for rule in group["rules"]}
    assert alarms <= named_anchors


@pytest.mark.parametrize("alarm", ["Ipg12DeadLetterFlood", "Ipg12UnreadableProcedures"])
def test_the_line_in_a_panel_is_where_its_alarm_begins(alarm: str) -> None:
    (rule,) = (rule for group in ALARMS for rule in group["rules"] if rule["alert"] == alarm)
    shown, limit = re.split(r" > |\s+and ", rule["expr"])[:2]
    (panel,) = (each for each in PANELS if each["targets"][0]["expr"] == shown)
    (_, line) = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert str(line["value"]) == limit


def test_a_query_names_no_provider_and_no_episode() -> None:
    expressions = [target["expr"] for panel in PANELS for target in panel["targets"]]
    assert expressions
    assert not re.findall(r"\b(?:provider|episode)s?\b", "\n".join(expressions))
