"""Every way to connect, with no more rights than are printed, from publishing to the answer."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from broker.accounting import Account
from broker.deployment import Deployment
from broker.waiting import wait_until
from broker.worker import run
from security.acls import grant
from security.secured import PASSWORD, USER, Secured

from streams.kafka.rights import Command, grants, needed
from streams.kafka.topics import wanted
from streams.settings import Settings

RECORDS = 200
SECONDS = 60
AT_ONCE = 3
NUMBERS = count(1)

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Way:
    """A listener, who comes in there, and with what mechanism."""

    listener: str
    user: str = USER
    mechanism: str = "PLAIN"


WAYS = {
    "TLS": Way("TLS", user="ANONYMOUS"),
    "mutual TLS": Way("MTLS"),
    "TLS and PLAIN": Way("SASLTLS"),
    "TLS and SCRAM-SHA-256": Way("SASLTLS", mechanism="SCRAM-SHA-256"),
    "TLS and SCRAM-SHA-512": Way("SASLTLS", mechanism="SCRAM-SHA-512"),
    "SCRAM-SHA-512 without TLS": Way("SASL", mechanism="SCRAM-SHA-512"),
}


@dataclass(frozen=True)
class Done:
    """What came of a run, and what its worker showed of itself."""

    published: int
    account: Account
    process: dict[str, bytes]
    pages: str
    log: str


@pytest.fixture(scope="module")
def runs(
    broker: Secured, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Done]]]:
    """Go every way, some at once: much of their time is waiting."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            name: pool.submit(go, broker, way, tmp_path_factory.mktemp("way"))
            for name, way in WAYS.items()
        }


@pytest.fixture(scope="module", params=WAYS)
def done(request: pytest.FixtureRequest, runs: dict[str, Future[Done]]) -> Done:
    return runs[request.param].result()


def go(broker: Secured, way: Way, folder: Path) -> Done:
    """Create topics, publish, and judge, each with the installed command."""
    deployment = connect(broker, way, folder)
    deployment.create_topics(partitions=2)
    wait_until(
        lambda: len(deployment.topics()) == len(wanted(Settings())),
        "every topic was there",
        SECONDS,
    )
    loaded = [each.value for each in deployment.load(RECORDS, seed=1) if each.value]
    lines = [value for value in loaded if value.strip() and b"\n" not in value]
    episodes = folder / "episodes.jsonl"
    episodes.write_bytes(b"\n".join(lines))
    publish = ("publish", "--force", str(episodes))
    published = run(*publish, environment=deployment.environment, seconds=SECONDS)
    assert published.returncode == 0, published
    with deployment.worker() as worker:
        worker.wait_until(lambda: deployment.done() == len(lines), "all was done", SECONDS)
        shown = Path(f"/proc/{worker.process.pid}")
        process = {name: (shown / name).read_bytes() for name in ("cmdline", "environ")}
        pages = "".join(worker.get(page)[1] for page in ("/metrics", "/readyz", "/livez", "/"))
        assert worker.stop() == 0
    return Done(len(lines), deployment.account(), process, pages, worker.log.read_text())


def connect(broker: Secured, way: Way, folder: Path) -> Deployment:
    """Set out a deployment that comes in that way, its password in a file."""
    settings = broker.settings(way.listener)
    if "sasl_password" in settings:
        secret = folder / "password"
        secret.write_text(settings.pop("sasl_password") + "\n")
        settings |= {"sasl_password_file": str(secret), "sasl_mechanism": way.mechanism}
    if way.listener == "MTLS":
        shown = broker.trusted.issue("worker.invalid", way.user)
        settings |= {"ssl_certfile": str(shown.certfile), "ssl_keyfile": str(shown.keyfile)}
    deployment = Deployment(broker.cluster, folder, f"way-{next(NUMBERS)}.", **settings)
    names = Settings(group=deployment.group, topic_prefix=deployment.prefix)
    for command in Command:
        grant(deployment.admin, grants(needed(command, names), way.user, "localhost:9092"))
    return deployment


def test_every_record_is_judged_once(done: Done) -> None:
    done.account.assert_clean()
    assert done.account.records == done.published


def test_a_password_stands_in_no_log_page_command_line_or_environment(done: Done) -> None:
    assert b"IPG12_BROKERS" in done.process["environ"]
    assert b"ipg12" in done.process["cmdline"]
    assert [name for name, text in done.process.items() if PASSWORD.encode() in text] == []
    assert "partition.opened" in done.log
    assert PASSWORD not in done.log
    assert PASSWORD not in done.pages
