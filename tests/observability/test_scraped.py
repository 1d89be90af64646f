"""Rules and dashboard ask for nothing that is not there where Prometheus scrapes ours."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from broker.deployment import Deployment
from broker.kafka import Cluster
from observability.scraping import RULES, Prometheus, only_announced, scraping

DASHBOARD = json.loads((Path(__file__).parents[2] / "deploy/grafana/ipg12.json").read_text())
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
ASKED = [
    rule["expr"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
SELECTOR = re.compile(r"\b(?:ipg12_|process_|up\b)\w*(?:\{[^}]*\})?")
RECORDS = 30  # with fewer dead letters than are a flood
FAULTS = {"ipg12_partition_restarts_total", "ipg12_alerts_partition_restarts_total"}
"""What has no series before brokers have turned a producer down."""
LEFT_OUT = {
    "ipg12_…_created": "when counting began, which the age of the process says as well",
    "process_virtual_memory_bytes": "address space set aside; resident memory is what runs out",
}


class Scraped(NamedTuple):
    """What ran while it was scraped."""

    prometheus: Prometheus
    exposition: str
    """What the worker and what keeps the alerts serve."""


@pytest.fixture(scope="module")
def scraped(
    prometheus: Path, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scraped]:
    """Run a worker and what keeps the alerts, and have records done while Prometheus scrapes."""
    folder = tmp_path_factory.mktemp("scraped")
    deployment = Deployment(cluster, folder, "scraped.")
    deployment.create_topics(4)
    with deployment.worker() as worker, deployment.alerts() as alerts:
        ports = {"ipg12": worker.port, "ipg12-alerts": alerts.port}
        with scraping(prometheus, folder, ports) as running:
            worker.wait_ready()
            alerts.wait_ready()
            running.wait_for(["ipg12_lag_records", "ipg12_alerts_lag_records"])
            deployment.publish(deployment.load(RECORDS, seed=1))
            deployment.wait_done(worker)
            running.wait_for([f"sum(ipg12_records_total) == {RECORDS}"])
            yield Scraped(running, worker.get("/metrics")[1] + alerts.get("/metrics")[1])


def test_every_series_that_a_rule_asks_for_is_there(scraped: Scraped) -> None:
    asked = {selector for expr in ASKED for selector in SELECTOR.findall(expr)}
    absent = {each for each in asked if only_announced(each, scraped.exposition)}
    assert absent <= FAULTS
    scraped.prometheus.wait_for(asked - absent)


def test_no_rule_fires_while_all_is_well(scraped: Scraped) -> None:
    scraped.prometheus.wait_for(["up"])
    assert scraped.prometheus.ask('ALERTS{alertstate="firing"}') == []


def test_every_query_of_the_dashboard_can_be_read_and_gives_numbers(scraped: Scraped) -> None:
    queries = [expr.replace("$__rate_interval", "5m").replace("$__range", "1h") for expr in SHOWN]
    assert not [query for query in queries if "$" in query]
    wanted = []
    for query in queries:
        scraped.prometheus.ask(query)  # which raises where it cannot be read
        selectors = SELECTOR.findall(query)
        absent = {each for each in selectors if only_announced(each, scraped.exposition)}
        assert absent <= FAULTS
        if not absent:
            wanted.append(query)
    scraped.prometheus.wait_for(wanted)


def test_what_is_marked_on_the_graphs_can_be_read(scraped: Scraped) -> None:
    (marks,) = DASHBOARD["annotations"]["list"]
    assert scraped.prometheus.ask(f"count({marks['target']['expr']}) or vector(0)")


def test_every_metric_is_on_the_dashboard_or_left_out_for_a_reason(scraped: Scraped) -> None:
    exposed = set(re.findall(r"^# TYPE (\S+)", scraped.exposition, re.MULTILINE))
    everything = "\n".join(SHOWN)
    shown = {name for name in exposed if re.search(rf"\b{name}(_bucket)?\b", everything)}
    missing = {re.sub(r"^ipg12_\w+_created$", "ipg12_…_created", name) for name in exposed - shown}
    assert missing == set(LEFT_OUT)
