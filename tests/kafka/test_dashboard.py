"""The dashboard as a process beside the others, on a real Kafka."""

import json
import signal
import socket
from collections import Counter
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from broker.deployment import Deployment
from broker.kafka import HOST
from broker.load import NON_COMPLIANT
from broker.records import Content
from broker.worker import STOP_SECONDS, Dashboard

SECONDS = 60
TOKEN = "a-token-of-the-tests"  # noqa: S105  # it opens nothing


def shown(dashboard: Dashboard, path: str) -> dict[str, Any]:
    status, body = dashboard.get(f"/api/{path}")
    assert status == 200, body
    found: dict[str, Any] = json.loads(body)
    return found


def ask(dashboard: Dashboard, path: str, wish: dict[str, str]) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    address = f"{dashboard.address}/api/{path}"
    request = Request(address, json.dumps(wish).encode(), headers)  # noqa: S310  # ours
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310  # ours
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def wait_shown(dashboard: Dashboard, outcomes: Counter[str]) -> None:
    """Wait until it counts what the ledger counts, and nothing is left to do."""
    dashboard.wait_ready()
    dashboard.wait_until(
        lambda: shown(dashboard, "counters")["outcomes"] == +outcomes,
        "it counted what the ledger counts",
        SECONDS,
    )
    dashboard.wait_until(
        lambda: shown(dashboard, "counters")["lag"] == 0, "nothing was left to do", SECONDS
    )


def test_it_shows_what_the_ledger_and_the_command_line_say_and_does_what_it_is_asked(
    deployment: Deployment,
) -> None:
    deployment.publish(deployment.load(500, seed=1))
    with (
        deployment.worker() as worker,
        deployment.alerts() as alerts,
        deployment.dashboard(api_token=TOKEN) as first,
        deployment.dashboard() as second,
    ):
        deployment.wait_done(worker)
        alerts.wait_ready()
        outcomes: Counter[str] = Counter()
        for row in deployment.ledger().values():
            outcomes.update(row.outcomes)
        for dashboard in first, second:
            wait_shown(dashboard, outcomes)
        counters = shown(first, "counters?span=day")
        counted = sum(sum(bar["outcomes"].values()) for bar in counters["span"])
        assert counted == outcomes.total()

        codes = NON_COMPLIANT[0]
        value = deployment.episode(codes, episode_id="E1", provider_code="ZZ9")
        deployment.publish([Content(0, None, value, (), deployment.started_ms)])
        first.wait_until(
            lambda: shown(first, "alerts?provider=ZZ9")["total"], "the alert was seen", SECONDS
        )
        (alert, *_) = shown(first, "alerts?provider=ZZ9")["alerts"]
        key = f"{alert['rule']}/ZZ9"
        assert ask(first, f"alerts/{key}/acknowledge", {"by": "Ann"})[0] == 200
        assert shown(first, f"alerts/{key}")["alert"]["acknowledged_by"] == "Ann"
        status, problem = ask(first, f"alerts/{key}/acknowledge", {"by": "Ben"})
        assert (status, "acknowledged already, by Ann" in str(problem["detail"])) == (409, True)
        assert ask(second, f"alerts/{key}/resolve", {"by": "Ben", "why": "x"})[0] == 403
        listed = deployment.run("alerts", "list", "--all", "--format", "jsonl")
        assert len(listed.stdout.splitlines()) == shown(second, "alerts?show=all")["total"]

        first.kill()
        with deployment.dashboard() as again:
            again.wait_ready()
            assert shown(again, f"alerts/{key}") == shown(second, f"alerts/{key}")


def test_it_stops_in_time_though_somebody_waits_for_changes(deployment: Deployment) -> None:
    with deployment.dashboard() as dashboard:
        dashboard.wait_ready()
        with socket.create_connection((HOST, dashboard.port), timeout=STOP_SECONDS) as waiting:
            waiting.sendall(b"GET /api/changes HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in waiting.recv(4096)
            assert dashboard.stop(signal.SIGTERM) == 0
    log = dashboard.log.read_text()
    assert log.splitlines()[-1].endswith("INFO dashboard.stopped"), log
    assert log.count("\n") == 2


def test_what_keeps_it_from_starting_is_one_line(deployment: Deployment) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        for said, settings in (
            (f"cannot serve at 127.0.0.1:{port} (IPG12_DASHBOARD_HOST", {"dashboard_port": port}),
            ("cannot serve at nowhere.invalid:6068", {"dashboard_host": "nowhere.invalid"}),
            ("IPG12_API_TOKEN: Value should have at least 16", {"api_token": "short"}),
            ("missing topics: nothing.alerts", {"topic_prefix": "nothing."}),
        ):
            done = deployment.run("dashboard", **settings)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.startswith(f"ipg12: {said}"), done.stderr
            assert done.stderr.count("\n") == 1
            assert "short" not in done.stderr
