"""The rights that are printed are enough, and none of them can be left out."""

import json
import re
from collections.abc import Callable
from functools import cache

import pytest
from alert_events import step_of
from broker.deployment import Deployment
from broker.receiver import Receiver
from broker.records import Content, Publisher
from broker.waiting import wait_until
from broker.worker import run
from security.acls import grant, withdraw
from security.secured import USER, Secured

from schemas.alert import AlertEventType
from streams.errors import OperatorError
from streams.kafka.admin import create_topics, verify_topics, verify_use
from streams.kafka.rights import Command, Right, grants, needed
from streams.settings import Settings

SECONDS = 60
PREFIX = "rights."
PARTITIONS = 2
NAMES = Settings(group=f"{PREFIX}group", topic_prefix=PREFIX)
VERIFY: dict[Command, Callable[[Settings], None]] = {
    Command.WORKER: lambda settings: verify_topics(settings, Command.WORKER),
    Command.ALERTS: lambda settings: verify_topics(settings, Command.ALERTS),
    Command.NOTIFIER: lambda settings: verify_use(settings, Command.NOTIFIER),
    Command.DASHBOARD: lambda settings: verify_use(settings, Command.DASHBOARD),
}


@pytest.fixture(scope="module")
def deployment(broker: Secured, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Give topics, and a user without any rights to them."""
    way = broker.settings("SASL", sasl_mechanism="SCRAM-SHA-256")
    deployment = Deployment(broker.cluster, tmp_path_factory.mktemp("rights"), PREFIX, **way)
    rights = grant(deployment.admin, printed(deployment, Command.CREATE))
    deployment.create_topics(PARTITIONS)
    withdraw(deployment.admin, rights)
    return deployment


@pytest.fixture(scope="module")
def settings(deployment: Deployment) -> Settings:
    return Settings.model_validate({**deployment.settings, **NAMES.model_dump(include=_NAMES)})


_NAMES = {"group", "topic_prefix"}


@cache
def printed(deployment: Deployment, command: Command) -> list[str]:
    """Give what the command prints."""
    words = ("topics", "acls", "--user", USER, "--for", command)
    done = run(*words, environment=deployment.environment, seconds=SECONDS)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


def one(right: Right) -> str:
    """Write the shell command for one right."""
    (line,) = grants([right], USER, "localhost:9092")
    return line


@pytest.mark.parametrize(
    "arguments,command",
    [
        (["worker"], Command.WORKER),
        (["alerts", "run"], Command.ALERTS),
        (["alerts", "notify"], Command.NOTIFIER),
        (["alerts", "list"], Command.VIEWER),
        (["alerts", "acknowledge", "LV02/R0A"], Command.OPERATOR),
        (["dashboard"], Command.DASHBOARD),
        (["verdicts"], Command.READER),
        (["publish", "-"], Command.PUBLISH),
        (["topics", "create"], Command.CREATE),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_command_without_any_rights_is_one_line_that_says_how_to_give_them(
    deployment: Deployment, arguments: list[str], command: Command
) -> None:
    environment = {**deployment.environment, "IPG12_WEBHOOK_URL": "http://nowhere.invalid"}
    done = run(*arguments, environment=environment, seconds=SECONDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"user {USER} lacks rights" in done.stderr
    assert f"`ipg12 topics acls --user {USER} --for {command}`" in done.stderr
    missing = needed(command, NAMES)
    seen = [right for right in missing if right.operation in {"Read", "Write", "Describe"}]
    assert [right for right in seen if str(right) not in done.stderr] == []


@pytest.mark.parametrize(
    "command,left_out",
    [(command, right) for command in VERIFY for right in needed(command, NAMES)],
    ids=str,
)
def test_with_all_rights_but_one_that_one_alone_is_named(
    deployment: Deployment, settings: Settings, command: Command, left_out: Right
) -> None:
    wanted = needed(command, NAMES)
    rights = grant(deployment.admin, [one(right) for right in wanted if right != left_out])
    try:
        with pytest.raises(OperatorError) as trouble:
            VERIFY[command](settings)
    finally:
        withdraw(deployment.admin, rights)
    assert [right for right in wanted if str(right) in str(trouble.value)] == [left_out]


def test_with_the_rights_printed_for_them_worker_and_publisher_see_all_that_they_need(
    deployment: Deployment, settings: Settings
) -> None:
    rights = grant(deployment.admin, printed(deployment, Command.WORKER))
    verify_topics(settings, Command.WORKER)
    with pytest.raises(OperatorError, match=r"Write on topic rights\.episodes"):
        verify_use(settings, Command.PUBLISH)
    withdraw(deployment.admin, rights)
    rights = grant(deployment.admin, printed(deployment, Command.PUBLISH))
    verify_use(settings, Command.PUBLISH)
    with pytest.raises(OperatorError):
        verify_topics(settings, Command.WORKER)
    withdraw(deployment.admin, rights)


def test_with_the_rights_printed_for_them_alerts_are_kept_seen_and_dealt_with(
    deployment: Deployment, settings: Settings
) -> None:
    rights = grant(deployment.admin, printed(deployment, Command.VIEWER))
    seen = deployment.run("alerts", "list")
    assert seen.stdout.startswith("no alerts"), seen.stderr
    asked = deployment.run("alerts", "acknowledge", "LV02/R0A")
    assert "lacks rights: Write on topic rights.alert-commands;" in asked.stderr
    withdraw(deployment.admin, rights)
    rights = grant(deployment.admin, printed(deployment, Command.OPERATOR))
    verify_use(settings, Command.OPERATOR)
    keeping = grant(deployment.admin, printed(deployment, Command.ALERTS))
    with deployment.alerts() as alerts:
        alerts.wait_ready()
        done = deployment.run("alerts", "acknowledge", "LV02/R0A")
        assert "there is no such alert; nothing has changed" in done.stderr, alerts.evidence()
        assert alerts.stop() == 0
    withdraw(deployment.admin, rights)
    withdraw(deployment.admin, [each for each in keeping if each not in rights])


def test_with_the_rights_printed_for_it_a_notifier_tells_what_happens(
    deployment: Deployment,
) -> None:
    rights = grant(deployment.admin, printed(deployment, Command.NOTIFIER))
    with Receiver() as receiver, deployment.notifier(webhook_url=receiver.url) as notifier:
        everything = set(range(PARTITIONS))
        notifier.wait_until(lambda: notifier.partitions() == everything, "it began", SECONDS)
        events = Publisher(deployment.cluster.client, deployment.topic("alert-events"))
        value = step_of(AlertEventType.RESOLVED).model_dump_json().encode()
        events.publish([Content(0, None, value, (), 0)])
        notifier.wait_until(lambda: receiver.heard, "it was told", SECONDS)
        assert notifier.stop() == 0
    assert receiver.heard[0].body["status"] == "resolved"
    withdraw(deployment.admin, rights)


@pytest.mark.parametrize("settings_of_it", [{}, {"api_token": "a-token-of-the-tests"}], ids=str)
def test_with_the_rights_printed_for_it_a_dashboard_shows_and_does_what_it_offers(
    deployment: Deployment, settings_of_it: dict[str, str]
) -> None:
    words = ("topics", "acls", "--user", USER, "--for", Command.DASHBOARD)
    lines = deployment.run(*words, **settings_of_it).stdout.splitlines()
    assert any("alert-commands" in line for line in lines) == bool(settings_of_it)
    rights = grant(deployment.admin, lines)
    with deployment.dashboard(**settings_of_it) as dashboard:
        dashboard.wait_ready()
        assert json.loads(dashboard.get("/api/counters")[1])["lag"] == 0
        assert dashboard.stop() == 0
    withdraw(deployment.admin, rights)


@pytest.mark.parametrize("left_out", ["Describe", "Create", "DescribeConfigs"])
def test_topics_cannot_be_created_and_compared_without_each_right_printed_for_that(
    deployment: Deployment, settings: Settings, left_out: str
) -> None:
    missing = deployment.topic("dead-letter")
    deployment.admin.delete_topics([missing])[missing].result()
    wait_until(lambda: missing not in deployment.topics(), "a topic was missing", SECONDS)
    lines = printed(deployment, Command.CREATE)
    (without,) = (line for line in lines if f"--operation {left_out} " in line)
    rights = grant(deployment.admin, [line for line in lines if line != without])
    with pytest.raises(OperatorError) as trouble:
        create_topics(settings, PARTITIONS, replication=1)
    named = set(re.findall(r"(\w+) on topic", str(trouble.value)))
    assert named == {left_out}
    rights += grant(deployment.admin, [without])
    assert create_topics(settings, PARTITIONS, replication=1) == [missing]
    withdraw(deployment.admin, rights)


def test_a_right_to_transactional_ids_that_is_too_small_to_be_seen_at_the_start_ends_in_one_line(
    deployment: Deployment,
) -> None:
    *others, ids = printed(deployment, Command.WORKER)
    assert "--transactional-id" in ids
    smaller = ids.replace("--operation Write", "--operation Describe")
    rights = grant(deployment.admin, [*others, smaller])
    try:
        with deployment.worker() as worker:
            assert worker.wait(SECONDS) == 2
    finally:
        withdraw(deployment.admin, rights)
    log = worker.log.read_text()
    (said,) = (line for line in log.splitlines() if line.startswith("ipg12: "))
    assert "transactional" in said.lower()
    assert "ipg12 topics acls" in said
    assert "Traceback" not in log
