"""Topics are deleted, shut, and narrowed; partitions are added."""

from typing import TypeVar

from broker.kafka import EDGE_HOST
from broker.load import COMPLIANT
from broker.records import Content
from broker.worker import Worker
from chaos.case import case
from chaos.scene import Scene
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    NewPartitions,
    ResourcePatternType,
    ResourceType,
)

STOP_SECONDS = 180
LARGEST_BYTES = 100 * 1_048_576

AclT = TypeVar("AclT", AclBinding, AclBindingFilter)


@case(short=1, long=1)
def an_output_topic_is_deleted(scene: Scene, _: int) -> None:
    """Strike once only: what stands in a topic is gone with it."""
    dead_letter = scene.deployment.topic("dead-letter")
    (worker,) = scene.start(1)
    scene.deployment.admin.delete_topics([dead_letter])[dead_letter].result()
    scene.publish_some()
    line = ending(scene, worker)
    assert f"missing topics: {dead_letter}" in line, line
    scene.deployment.create_topics(scene.partitions)
    scene.start(1)


@case(short=1, long=10, partitions=16)
def an_output_topic_becomes_read_only(scene: Scene, rounds: int) -> None:
    compliant = scene.deployment.topic("compliant")
    for _ in range(rounds):
        (worker,) = scene.start(1, brokers=scene.cluster.edge_address)
        scene.publish_all_the_time()
        added = scene.deployment.admin.create_acls(rules(compliant, AclBinding))
        assert not any(future.result() for future in added.values())
        line = ending(scene, worker)
        assert f"TopicAuthorizationFailedError {compliant}" in line, line
        assert "ipg12 topics acls" in line
        taken = scene.deployment.admin.delete_acls(rules(compliant, AclBindingFilter))
        assert all(future.result() for future in taken.values())
    scene.start(1, brokers=scene.cluster.edge_address)


@case(short=0, long=5)
def an_output_topic_takes_too_small_batches_only(scene: Scene, rounds: int) -> None:
    for number in range(rounds):
        (worker,) = scene.start(1)
        scene.publish_all_the_time()
        name = ("compliant", "verdicts", "ledger")[number % 3]
        scene.deployment.configure(name, {"max.message.bytes": "100"})
        line = ending(scene, worker)
        assert f"MessageSizeTooLargeError {scene.deployment.topic(name)}" in line, line
        assert "ipg12 topics create" in line
        scene.deployment.configure(name, {"max.message.bytes": str(LARGEST_BYTES)})


@case(short=1, long=3)
def partitions_are_added_to_outputs_and_input(scene: Scene, rounds: int) -> None:
    (worker,) = scene.start(1)
    scene.publish_all_the_time()
    for _ in range(rounds):
        more = scene.partitions = scene.partitions + 2
        names = sorted(scene.deployment.topics(), key=lambda name: name.endswith("episodes"))
        for name in names:
            widen(scene, name, more)
        scene.deployment.partitions_added = True
        scene.watch.follow_more(more)
        scene.wait_until(
            lambda: len(worker.partitions()) == scene.partitions, "the new partitions were assigned"
        )
        publish_to(scene, more - 1)
        scene.strikes += 1
        assert worker.process.poll() is None


@case(short=0, long=3)
def partitions_are_added_to_the_input_first(scene: Scene, rounds: int) -> None:
    for _ in range(rounds):
        (worker,) = scene.start(1)
        scene.publish_all_the_time()
        more = scene.partitions = scene.partitions + 2
        names = scene.deployment.topics()
        widen(scene, scene.deployment.topic("episodes"), more)
        publish_to(scene, more - 1)
        line = ending(scene, worker)
        assert f"every topic needs the {more} partitions" in line, line
        for name in names:
            if not name.endswith("episodes"):
                widen(scene, name, more)
        scene.deployment.partitions_added = True
        scene.watch.follow_more(more)


def ending(scene: Scene, worker: Worker) -> str:
    """Wait until a worker ends because it cannot go on; gives the line that says why."""
    assert worker.wait(STOP_SECONDS) == 2
    scene.forget_ended()
    scene.strikes += 1
    (line,) = [line for line in worker.log.read_text().splitlines() if line.startswith("ipg12: ")]
    return line


def publish_to(scene: Scene, partition: int) -> None:
    """Publish to a partition that has just been added."""
    source = scene.deployment.topic("episodes")
    scene.wait_until(lambda: scene.deployment.topics()[source] > partition, "it was there")
    publisher = scene.deployment.publisher()
    value = scene.deployment.episode(COMPLIANT[0])
    publisher.publish([Content(partition, None, value, (), scene.deployment.started_ms)])
    scene.deployment.expect(publisher)


def widen(scene: Scene, topic: str, partitions: int) -> None:
    scene.deployment.admin.create_partitions([NewPartitions(topic, partitions)])[topic].result()


def rules(topic: str, kind: type[AclT]) -> list[AclT]:
    """Let everybody use a topic, but clients that come through the proxies only read it."""

    def rule(host: str, operation: AclOperation, permission: AclPermissionType) -> AclT:
        what = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL)
        return kind(*what, "User:*", host, operation, permission)

    return [
        rule("*", AclOperation.ALL, AclPermissionType.ALLOW),
        rule(EDGE_HOST, AclOperation.WRITE, AclPermissionType.DENY),
    ]
