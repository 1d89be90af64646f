"""The rules do what they say, and ask for nothing that is not there."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
import yaml
from broker.deployment import Deployment
from broker.kafka import HOST, free_port
from broker.waiting import tail, wait_until

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
SELECTOR = re.compile(r"\b(?:ipg12_|process_|up\b)\w*(?:\{[^}]*\})?")
SECONDS = 60


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


@contextmanager
def scraping(programs: Path, folder: Path, targets: dict[str, int]) -> Iterator[str]:
    """Run Prometheus with the rules of the project; gives its address."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(FOLDER / "ipg12.rules.yml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"{HOST}:{port}"]}]}
            for job, port in targets.items()
        ],
    }
    path, port = folder / "prometheus.yml", free_port()
    path.write_text(yaml.safe_dump(config))
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                programs / "prometheus",
                f"--config.file={path}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={HOST}:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.kill()
        process.wait()


def ask(address: str, query: str) -> list[object]:
    """Ask Prometheus; nothing while it does not answer yet."""
    try:
        with urlopen(f"{address}/api/v1/query?query={quote(query)}", timeout=5) as answer:  # noqa: S310  # ours
            found: list[object] = json.load(answer)["data"]["result"]
            return found
    except OSError:
        return []


def only_announced(selector: str, exposition: str) -> bool:
    """Tell whether a metric has no series before what it counts has happened."""
    name = selector.partition("{")[0]
    announced = f"# TYPE {name} " in exposition
    return announced and not re.search(rf"^{name}\b", exposition, re.MULTILINE)


def test_every_series_that_a_rule_asks_for_is_there_where_prometheus_scrapes_ours(
    prometheus: Path, deployment: Deployment, tmp_path: Path
) -> None:
    deployment.publish(deployment.load(200, seed=1))
    with deployment.worker() as worker, deployment.alerts() as alerts:
        deployment.wait_done(worker)
        alerts.wait_ready()
        ports = {"ipg12": worker.port, "ipg12-alerts": alerts.port}
        with scraping(prometheus, tmp_path, ports) as address:
            shown = worker.get("/metrics")[1] + alerts.get("/metrics")[1]
            asked = {each for rule in RULES for each in SELECTOR.findall(rule["expr"])}
            wanted = {each for each in asked if not only_announced(each, shown)}
            assert len(wanted) > len(RULES) / 2
            missing: list[str] = []

            def all_there() -> bool:
                missing[:] = [
                    each
                    for each in sorted(wanted)
                    if not ask(address, re.sub(r'="dead-letter"', '=~".+"', each))
                ]
                return not missing

            wait_until(
                all_there,
                "Prometheus had every series",
                SECONDS,
                lambda: f"{missing}\n{tail(tmp_path / 'prometheus.log')}",
            )
            firing = ask(address, 'ALERTS{alertstate="firing"}')
            assert firing == [], firing


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_names_no_provider_and_no_episode(rule: dict[str, str]) -> None:
    assert not re.search(r"\b(provider|episode)s?\b", rule["expr"])
