import pytest
from broker.deployment import Deploy, Deployment
from broker.kafka import HOST, free_port
from broker.worker import run
from confluent_kafka.admin import NewPartitions

WORKER_SECONDS = 15


def refusal(deployment: Deployment, *command: str, **environment: str) -> str:
    """Run a command that cannot do it; gives the line that says why."""
    done = run(*command, environment=deployment.environment | environment, seconds=WORKER_SECONDS)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_worker_without_topics_names_them_and_the_command_to_create_them(deploy: Deploy) -> None:
    deployment = deploy(partitions=0)
    line = refusal(deployment, "worker")
    assert deployment.topic("episodes") in line
    assert deployment.topic("ledger") in line
    assert "ipg12 topics create" in line


@pytest.mark.parametrize("topic", ["verdicts", "withdrawn"])
def test_a_worker_without_one_of_its_topics_names_that_one_and_the_command_to_create_it(
    deployment: Deployment, topic: str
) -> None:
    missing = deployment.topic(topic)
    deployment.admin.delete_topics([missing])[missing].result()
    line = refusal(deployment, "worker")
    assert line == f"ipg12: missing topics: {missing}; run `ipg12 topics create`\n"


def test_topics_with_other_numbers_of_partitions_are_named_by_both_commands(
    deployment: Deployment,
) -> None:
    wider = deployment.topic("verdicts")
    deployment.admin.create_partitions([NewPartitions(wider, 5)])[wider].result()
    for command in (("worker",), ("topics", "create")):
        line = refusal(deployment, *command)
        assert wider in line
        assert "5" in line
        assert deployment.topic("compliant") not in line


def test_a_worker_without_a_broker_names_the_address_that_it_tried(deploy: Deploy) -> None:
    nowhere = f"{HOST}:{free_port()}"
    assert nowhere in refusal(deploy(partitions=0), "worker", IPG12_BROKERS=nowhere)


def test_creating_topics_again_only_adds_missing_ones_with_the_partitions_of_the_input(
    deployment: Deployment,
) -> None:
    before = deployment.topics()
    deployment.create_topics(partitions=4)
    assert deployment.topics() == before
    missing = deployment.topic("dead-letter")
    deployment.admin.delete_topics([missing])[missing].result()
    deployment.create_topics(partitions=9)
    assert deployment.topics() == before


def test_a_worker_whose_web_port_is_taken_says_so(deploy: Deploy) -> None:
    first = deploy()
    with first.worker() as worker:
        worker.wait_ready()
        second = deploy()
        assert str(worker.port) in refusal(second, "worker", IPG12_WEB_PORT=str(worker.port))
