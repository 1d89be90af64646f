from broker.deployment import Deploy, Deployment
from broker.load import COMPLIANT, padded
from broker.records import Content, read_topic

from schemas.verdict import Outcome

MIB = 1_048_576


def test_every_record_of_a_mixed_load_ends_in_exactly_one_topic_as_it_came(deploy: Deploy) -> None:
    deployment = deploy(max_record_bytes="3000")
    deployment.publish(deployment.load(6000, seed=1))
    with deployment.worker() as worker:
        deployment.wait_done(worker)
    deployment.account().assert_clean()
    rows = deployment.ledger().values()
    assert all(sum(row.outcomes[each] for row in rows) > 100 for each in Outcome)


def test_out_of_scope_records_are_counted_and_not_copied_where_so_configured(
    deploy: Deploy,
) -> None:
    deployment = deploy(out_of_scope="count")
    deployment.publish(deployment.load(1000, seed=2))
    with deployment.worker() as worker:
        deployment.wait_done(worker)
    deployment.account().assert_clean()
    assert deployment.topic("out-of-scope") not in deployment.topics()
    assert sum(row.outcomes[Outcome.OUT_OF_SCOPE] for row in deployment.ledger().values()) > 100


def test_a_record_larger_than_a_mebibyte_is_a_dead_letter_with_all_its_bytes(
    deployment: Deployment,
) -> None:
    sizes = [MIB, MIB + 1, 3 * MIB - 1000, *[MIB + 2] * 20]
    values = [padded(deployment.episode(COMPLIANT[0]), size) for size in sizes]
    deployment.publish(
        Content(0, b"large", value, (("trace", b"1"),), deployment.started_ms) for value in values
    )
    with deployment.worker() as worker:
        deployment.wait_done(worker)
    deployment.account().assert_clean()
    dead = read_topic(deployment.cluster.client, deployment.topic("dead-letter"))
    assert [len(record.content.value or b"") for record in dead] == sizes[1:]


def test_records_that_publishers_compressed_are_read(deployment: Deployment) -> None:
    for seed, codec in enumerate(("gzip", "snappy", "lz4", "zstd")):
        publisher = deployment.publisher(compression_type=codec)
        publisher.publish(deployment.load(200, seed=seed))
        deployment.expect(publisher)
    with deployment.worker() as worker:
        deployment.wait_done(worker)
    deployment.account().assert_clean()


def test_records_of_aborted_transactions_are_not_judged_and_those_of_open_ones_not_yet(
    deployment: Deployment,
) -> None:
    committing, aborting, waiting = (
        deployment.publisher(transactional_id=f"{deployment.prefix}{name}")
        for name in ("committing", "aborting", "waiting")
    )
    for publisher in (committing, aborting, waiting):
        publisher.producer.init_transactions()
    for seed in range(3):
        committing.producer.begin_transaction()
        aborting.producer.begin_transaction()
        for part in range(3):
            committing.publish(deployment.load(200, seed=10 * seed + part))
            aborting.publish(deployment.load(200, seed=100 + 10 * seed + part))
        aborting.producer.abort_transaction()
        committing.producer.commit_transaction()
    deployment.expect(committing)
    waiting.producer.begin_transaction()
    waiting.publish(deployment.load(200, seed=200))
    with deployment.worker() as worker:
        deployment.wait_done(worker)
        account = deployment.account()
        account.assert_clean()
        assert account.records == 3 * 3 * 200
        waiting.producer.commit_transaction()
        deployment.expect(waiting)
        deployment.wait_done(worker)
    account = deployment.account()
    account.assert_clean()
    assert account.records == 3 * 3 * 200 + 200
