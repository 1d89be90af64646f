import json
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from broker import crashing_worker
from broker.deployment import Deployment
from broker.expectation import OURS
from broker.load import COMPLIANT, padded
from broker.records import Content, Header, Record, read_topic
from broker.worker import Worker
from canaries import DAYS, LETTERS, headers, records, words
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.verdict import Outcome
from streams.validation.reading import MAX_RECORD_BYTES

T = TypeVar("T")

TALKATIVE = {
    **dict.fromkeys(
        (
            *("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONFAULTHANDLER", "PYTHONUNBUFFERED"),
            *("FAUST_DEBUG", "F_DEBUG", "APP_DEBUG", "DEVLOG", "WORKER_REDIRECT_STDOUTS"),
            *("APP_WEB_STATS_ENABLED", "APP_WEB_GRAPH_ENABLED", "APP_WEB_TABLES_ENABLED"),
        ),
        "1",
    ),
    "PYTHONWARNINGS": "always",
    "LOGLEVEL": "DEBUG",
    "FAUST_LOGLEVEL": "DEBUG",
    "MODE_LOGLEVEL": "DEBUG",
    "WORKER_REDIRECT_STDOUTS_LEVEL": "DEBUG",
    "BLOCKING_TIMEOUT": "0.1",
}
STRICT = {"PYTHONASYNCIODEBUG", "PYTHONDEVMODE"}
"""Make asyncio insist on its threads, over which Faust then stumbles when it crashes."""

PAGES = ("/metrics", "/readyz", "/livez", "/", "/graph", "/stats", "/router", "/nowhere")
CRASH_SECONDS = 60
LOGGED = re.compile(r"\d{4}-\d\d-\d\dT\S+Z (INFO|WARNING|ERROR|CRITICAL) \S.*")


def examples(of: st.SearchStrategy[T], number: int) -> list[T]:
    """Draw examples, the same every time."""
    drawn: list[T] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(of)
    def draw(each: T) -> None:
        drawn.append(each)

    draw()
    return drawn


@pytest.fixture(scope="module")
def drawn() -> list[tuple[bytes, list[Header]]]:
    return examples(st.tuples(records | words.map(str.encode), headers), 250)


@pytest.fixture
def contents(deployment: Deployment, drawn: list[tuple[bytes, list[Header]]]) -> list[Content]:
    """Records full of canaries, among them some whose size or lack of a value is the fault."""
    random = Random(9)  # noqa: S311  # repeatable, not secret
    quoting = deployment.episode(COMPLIANT[0], spell_id="bcdfghjkmnpqrstvwxz")
    large = [padded(quoting, MAX_RECORD_BYTES + 1), b"bcdfghjkmnpqrstvwxz" * 60_000, None]
    return [
        Content(
            partition=random.randrange(4),
            key=random.choice(drawn)[0][:1_000],
            value=value,
            headers=tuple(given),
            timestamp=deployment.started_ms,
        )
        for value, given in [*drawn, *((each, drawn[0][1]) for each in large)]
    ]


def traces(said: str, contents: list[Content]) -> list[str]:
    """Find what can only be from a record. Clocks and counts may look like its numbers."""
    values = b" ".join(each.value or b"" for each in contents).decode(errors="replace")
    numbers = set(re.findall(r"\d{10,}", values))
    return [
        *LETTERS.findall(said),
        *DAYS.findall(said),
        *(each for each in numbers if each in said),
    ]


def unlike_log_lines(log: Path) -> list[str]:
    """Give the lines that are not of a log, once there is one."""
    lines = iter(log.read_text().splitlines())
    started = next(each for each in lines if " worker.started " in each)
    return [each for each in (started, *lines) if not LOGGED.fullmatch(each)]


def ours(copy: Record) -> Iterator[str]:
    """Give what our headers say, beside the codes that were found."""
    for name, value in copy.content.headers:
        said = (value or b"").decode() if name in OURS else ""
        if name == "ipg12-findings":
            findings: list[dict[str, Any]] = json.loads(said)
            said = json.dumps([finding | {"found": None} for finding in findings])
        yield said


def written(deployment: Deployment) -> str:
    """Give what was added to the records in the outputs, and what the ledger says."""
    client = deployment.cluster.client
    copies = [copy for each in Outcome for copy in read_topic(client, deployment.topic(each))]
    rows = read_topic(client, deployment.topic("ledger"))
    added = [said for copy in copies for said in ours(copy)]
    return " ".join([*added, *((row.content.value or b"").decode() for row in rows)])


@pytest.mark.parametrize("talkative", [{}, TALKATIVE], ids=["as it is", "as talkative as can be"])
def test_nothing_of_a_records_content_reaches_logs_metrics_health_pages_headers_or_the_ledger(
    deployment: Deployment, tmp_path: Path, contents: list[Content], talkative: dict[str, str]
) -> None:
    deployment.publish(contents)
    with Worker(tmp_path / "worker.log", {**deployment.environment, **talkative}) as worker:
        worker.wait_ready()
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            worker.process.send_signal(number)
        deployment.wait_done(worker)
        told = " ".join(worker.get(path)[1] for path in PAGES)
        assert worker.stop() == 0
    assert "ipg12_records_total" in told
    assert traces(str([each.value for each in contents]), contents) != []
    assert worker.log.read_text().count("signal.ignored") == 2
    assert unlike_log_lines(worker.log) == []
    said = told + worker.log.read_text() + written(deployment)
    assert traces(said, contents) == []
    deployment.account().assert_clean()


@pytest.mark.parametrize("place", crashing_worker.PLACES)
def test_a_worker_that_a_record_has_crashed_quotes_nothing_of_it(
    deployment: Deployment, tmp_path: Path, contents: list[Content], place: str
) -> None:
    deployment.publish(contents)
    program = (sys.executable, crashing_worker.__file__, place)
    talkative = {name: value for name, value in TALKATIVE.items() if name not in STRICT}
    environment = {**deployment.environment, **talkative}
    with Worker(tmp_path / "worker.log", environment, program) as worker:
        assert worker.wait(CRASH_SECONDS) == 2, worker.evidence()
    assert traces(worker.log.read_text(), contents) == []
    (last,) = unlike_log_lines(worker.log)
    assert last.startswith("ipg12: ")
    assert worker.log.read_text().endswith(f"{last}\n")
