import signal
from random import Random

import pytest
from broker.deployment import Deploy, Deployment
from broker.worker import Worker

KILLS = 5
SLICE = 12_000
CHUNK = "200"


def wait_beyond(deployment: Deployment, worker: Worker, records: int) -> None:
    done = deployment.done()
    worker.wait_until(lambda: deployment.done() > done + records, "output had grown", 60)


@pytest.mark.timeout(300)
def test_sigkill_at_random_moments_loses_doubles_and_miscounts_nothing(deploy: Deploy) -> None:
    deployment = deploy(chunk_records=CHUNK)
    random = Random(12)  # noqa: S311  # repeatable moments
    strikes = torn = 0
    for kill in range(KILLS):
        deployment.publish(deployment.load(SLICE, seed=kill))
        with deployment.worker() as worker:
            wait_beyond(deployment, worker, random.randrange(SLICE // 2))
            worker.kill()
        torn += deployment.transaction_open()
        strikes += bool(deployment.unfinished())
    assert strikes == KILLS, "the kills came too late to prove anything"
    assert torn, "no kill struck an open transaction"
    with deployment.worker() as worker:
        deployment.wait_done(worker)
    account = deployment.account()
    account.assert_clean()
    assert account.records == KILLS * SLICE


@pytest.mark.timeout(300)
def test_workers_that_share_the_partitions_take_over_from_one_that_is_killed(
    deploy: Deploy,
) -> None:
    deployment = deploy(chunk_records=CHUNK)
    with deployment.worker() as first, deployment.worker() as second:
        shares = deployment.wait_shared(first, second)
        deployment.publish(deployment.load(3 * SLICE, seed=1))
        wait_beyond(deployment, first, SLICE // 4)
        first.kill()
        unfinished = deployment.unfinished()
        (survivor,) = deployment.wait_shared(second)
        orphans = set.union(*(share for name, share in shares.items() if name != survivor))
        assert orphans & unfinished.keys(), "the kill came too late to prove anything"
        deployment.wait_done(second)
        with deployment.worker() as third:
            deployment.wait_shared(second, third)
            deployment.publish(deployment.load(SLICE, seed=2))
            deployment.wait_done(third)
    deployment.account().assert_clean()


@pytest.mark.timeout(300)
def test_a_worker_that_wakes_after_it_was_replaced_writes_nothing(deploy: Deploy) -> None:
    deployment = deploy(chunk_records=CHUNK)
    with deployment.worker() as sleeper, deployment.worker() as other:
        deployment.wait_shared(sleeper, other)
        deployment.publish(deployment.load(SLICE, seed=1))
        wait_beyond(deployment, sleeper, SLICE // 8)
        sleeper.process.send_signal(signal.SIGSTOP)
        assert deployment.unfinished(), "the pause came too late to prove anything"
        deployment.wait_shared(other)
        deployment.wait_done(other)
        deployment.publish(deployment.load(SLICE // 2, seed=2))
        sleeper.process.send_signal(signal.SIGCONT)
        deployment.wait_shared(sleeper, other)
        deployment.publish(deployment.load(SLICE // 2, seed=3))
        deployment.wait_done(other)
        assert sleeper.stop() == 0
    deployment.account().assert_clean()
