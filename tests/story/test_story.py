"""The whole story, from a bad episode to its correction, as everybody sees it who has a part."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from broker.deployment import Deployment
from broker.receiver import Receiver
from broker.records import Content
from broker.worker import Dashboard, Worker
from observability.scraping import Prometheus, scraping
from playwright.sync_api import Page, expect

BAD, GOOD = "V44.4 Y53.4 V55.1 Z66.5", "V44.4 V55.1 Y53.4 Z66.5"
TOKEN = "a-token-of-the-tests"  # noqa: S105  # it opens nothing
SECONDS = 60


class Staff:
    """Everything that runs, on ports that stay."""

    def __init__(self, deployment: Deployment, running: ExitStack, receiver: Receiver) -> None:
        self._deployment = deployment
        self._running = running
        self.worker: Worker = running.enter_context(deployment.worker())
        self.dashboard: Dashboard = running.enter_context(deployment.dashboard(api_token=TOKEN))
        self.alerts = running.enter_context(deployment.alerts())
        self.notifier = running.enter_context(deployment.notifier(webhook_url=receiver.url))
        for each in (self.worker, self.alerts, self.dashboard):
            each.wait_ready()
        self.notifier.wait_until(self.notifier.partitions, "the notifier had partitions", SECONDS)

    def submit(self, codes: str, minutes: int) -> None:
        """Publish the episode of the story."""
        value = self._deployment.episode(
            codes, episode_id="E1", provider_code="R0A", diagnoses=["M80.58"]
        )
        timestamp = self._deployment.started_ms + minutes * 60_000
        self._deployment.publish([Content(0, None, value, (), timestamp)])

    def replace(self) -> None:
        """Kill the worker and the dashboard, and start them again where they were."""
        for each in (self.worker, self.dashboard):
            each.kill()
        for each in (self.worker, self.dashboard):
            each.__enter__()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def staff(deployment: Deployment, receiver: Receiver) -> Iterator[Staff]:
    with ExitStack() as running:
        yield Staff(deployment, running, receiver)


@pytest.fixture
def scraped(prometheus: Path, staff: Staff, tmp_path: Path) -> Iterator[Prometheus]:
    ports = {"ipg12": staff.worker.port, "ipg12-alerts": staff.alerts.port}
    with scraping(prometheus, tmp_path, ports) as running:
        yield running


@pytest.mark.timeout(300)
def test_a_bad_episode_is_seen_taken_on_and_corrected_and_everybody_hears_of_it_once_whoever_dies(
    staff: Staff, receiver: Receiver, scraped: Prometheus, page: Page
) -> None:
    page.goto(f"{staff.dashboard.address}/alerts?show=all")
    expect(page.get_by_text("No alerts match the filter.")).to_be_visible()
    page.evaluate("window.stayed = true")

    staff.replace()
    staff.submit(BAD, minutes=0)
    staff.replace()
    row = page.get_by_role("row").filter(has_text="LV02/R0A")
    expect(row).to_contain_text("Open")
    assert page.evaluate("window.stayed")

    staff.replace()
    staff.dashboard.wait_ready()
    page.get_by_role("link", name="LV02/R0A").click()
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    staff.replace()
    staff.dashboard.wait_ready()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Alert acknowledged.")).to_be_visible()

    staff.replace()
    staff.submit(GOOD, minutes=1)
    staff.replace()
    state = page.get_by_role("definition").filter(has_text="since")
    expect(state).to_contain_text("Resolved")
    steps = page.get_by_role("listitem").filter(has_text="UTC").get_by_role("strong")
    expect(steps).to_have_text(["Resolved", "Acknowledged", "Opened"])

    told = ["opened", "acknowledged", "resolved"]
    staff.notifier.wait_until(lambda: len(receiver.heard) >= len(told), "it was told", SECONDS)
    once = {each.key: each.body["alerts"][0]["annotations"]["step"] for each in receiver.heard}
    assert list(once.values()) == told
    scraped.wait_for(
        [
            *(f'ipg12_alert_steps_total{{step="{step}"}} == 1' for step in told),
            'sum(ipg12_alerts{state="resolved"}) == 1',
            "sum(ipg12_lag_records) == 0",
        ]
    )
    counters = json.loads(staff.dashboard.get("/api/counters")[1])
    assert counters["outcomes"] == {"non-compliant": 1, "compliant": 1}
    assert counters["rules"] == {"LV02": 1}
    assert {each.key for each in receiver.heard} == set(once)
