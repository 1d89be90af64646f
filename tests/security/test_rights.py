"""The rights that are printed are enough, and none of them can be left out."""

import re
from functools import cache

import pytest
from broker.deployment import Deployment
from broker.waiting import wait_until
from broker.worker import run
from security.acls import grant, withdraw
from security.secured import USER, Secured

from streams.kafka.admin import create_topics, verify_input, verify_topics
from streams.rights import Command, Right, grants, needed
from streams.settings import Settings
from streams.trouble import Trouble

SECONDS = 60
PREFIX = "rights."
PARTITIONS = 2
NAMES = Settings(group=f"{PREFIX}group", topic_prefix=PREFIX)
WORKER_RIGHTS = needed(Command.WORKER, NAMES)


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
        (["publish", "-"], Command.PUBLISH),
        (["topics", "create"], Command.CREATE),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_command_without_any_rights_is_one_line_that_says_how_to_give_them(
    deployment: Deployment, arguments: list[str], command: Command
) -> None:
    done = run(*arguments, environment=deployment.environment, seconds=SECONDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"user {USER} lacks rights" in done.stderr
    assert f"`ipg12 topics acls --user {USER} --for {command}`" in done.stderr
    missing = needed(command, NAMES)
    seen = [right for right in missing if right.operation in {"Read", "Write", "Describe"}]
    assert [right for right in seen if str(right) not in done.stderr] == []


@pytest.mark.parametrize("left_out", WORKER_RIGHTS, ids=str)
def test_a_worker_with_all_rights_but_one_names_that_one_alone(
    deployment: Deployment, settings: Settings, left_out: Right
) -> None:
    others = [one(right) for right in WORKER_RIGHTS if right != left_out]
    rights = grant(deployment.admin, others)
    try:
        with pytest.raises(Trouble) as trouble:
            verify_topics(settings)
    finally:
        withdraw(deployment.admin, rights)
    named = [right for right in WORKER_RIGHTS if str(right) in str(trouble.value)]
    assert named == [left_out]


def test_with_the_rights_printed_for_them_worker_and_publisher_see_all_that_they_need(
    deployment: Deployment, settings: Settings
) -> None:
    rights = grant(deployment.admin, printed(deployment, Command.WORKER))
    verify_topics(settings)
    with pytest.raises(Trouble, match=r"Write on topic rights\.episodes"):
        verify_input(settings)
    withdraw(deployment.admin, rights)
    rights = grant(deployment.admin, printed(deployment, Command.PUBLISH))
    verify_input(settings)
    with pytest.raises(Trouble):
        verify_topics(settings)
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
    with pytest.raises(Trouble) as trouble:
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
