"""What stands on the input: gaps, records that expire, offsets that an operator moves."""

from broker.load import COMPLIANT
from broker.records import Content
from broker.worker import Worker
from chaos.case import case
from chaos.scene import Scene
from confluent_kafka import TopicPartition

COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "min.compaction.lag.ms": "0",
}
KEPT = {"cleanup.policy": "delete", "retention.ms": "-1"}
KEYS = 20


@case(short=1, long=5)
def records_expire_before_they_are_read(scene: Scene, rounds: int) -> None:
    deployment = scene.deployment
    source = deployment.topic("episodes")
    scene.expected = []
    for _ in range(rounds):
        scene.publish_some()
        work_off(scene)
        scene.expected = [*scene.expected, *deployment.incoming()]
        scene.publish_some()
        begins = {number: row.upto + 101 for number, row in deployment.ledger().items()}
        deleted = [TopicPartition(source, number, begin) for number, begin in begins.items()]
        for future in deployment.admin.delete_records(deleted).values():
            future.result()
        scene.expected = [*scene.expected, *deployment.incoming()]
        (worker,) = scene.start(1)
        deployment.wait_done(worker)
        wait_expired(worker, 100 * len(begins))
        for number, begin in begins.items():
            line = f"records.expired {source}/{number} start={begin - 100} end={begin}"
            assert line in worker.log.read_text()
        scene.strikes += 1
        assert worker.stop() == 0
        scene.forget_ended()
        for future in deployment.admin.delete_records(
            [TopicPartition(source, number, -1) for number in begins]
        ).values():
            future.result()


def wait_expired(worker: Worker, offsets: int) -> None:
    line = f"ipg12_expired_offsets_total {offsets}.0"
    worker.wait_until(lambda: line in worker.get("/metrics")[1], "it said so", 30)


@case(short=1, long=1)
def the_input_has_gaps(scene: Scene, rounds: int) -> None:
    deployment = scene.deployment
    deployment.configure("episodes", COMPACTED)
    writers = [
        deployment.publisher(transactional_id=f"{deployment.prefix}{name}")
        for name in ("committing", "aborting")
    ]
    for writer in writers:
        writer.producer.init_transactions()
    for _ in range(10 * rounds):
        for writer in writers:
            writer.producer.begin_transaction()
            writer.publish(keyed(scene, 200))
        writers[0].producer.commit_transaction()
        writers[1].producer.abort_transaction()
    deployment.expect(writers[0])

    def compacted() -> bool:
        deployment.publish(keyed(scene, scene.partitions))  # a segment ends when the next begins
        return len(deployment.incoming()) < 10 * rounds * 200 // 2

    scene.wait_until(compacted, "the input was compacted")
    deployment.configure("episodes", KEPT)
    gaps = sum(deployment.ends("episodes").values()) - len(deployment.incoming())
    scene.start(1)
    scene.publish_all_the_time()
    scene.strikes += gaps


@case(short=1, long=20)
def an_operator_resets_the_offsets_of_the_group(scene: Scene, rounds: int) -> None:
    deployment = scene.deployment
    for _ in range(rounds):
        scene.publish_some()
        work_off(scene)
        done = {partition: row.upto + 1 for partition, row in deployment.ledger().items()}
        assert deployment.group_offsets() == done
        scene.publish_some()
        ends = deployment.ends("episodes")
        deployment.move_group({0: 0, 1: done[1] // 2, 2: done[2] + 99, 3: ends[3]})
        scene.strikes += len(done)


def work_off(scene: Scene) -> None:
    """Let a worker do everything that was published, and end."""
    (worker,) = scene.start(1)
    scene.deployment.wait_done(worker)
    assert worker.stop() == 0
    scene.forget_ended()


def keyed(scene: Scene, records: int) -> list[Content]:
    """Make records of few keys, all of them on one partition, so that most can be compacted."""
    return [
        Content(
            partition=number % scene.partitions,
            key=f"key-{number % KEYS}".encode(),
            value=scene.deployment.episode(COMPLIANT[0]),
            headers=(),
            timestamp=scene.deployment.started_ms,
        )
        for number in range(records)
    ]
