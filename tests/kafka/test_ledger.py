from broker.deployment import Deployment
from broker.waiting import wait_until


def finish(deployment: Deployment) -> None:
    with deployment.worker() as worker:
        deployment.wait_done(worker)
        assert worker.stop() == 0


def test_a_worker_whose_ledger_is_gone_stops_and_says_so(deployment: Deployment) -> None:
    deployment.publish(deployment.load(400, seed=1))
    finish(deployment)
    ledger = deployment.topic("ledger")
    deployment.admin.delete_topics([ledger])[ledger].result()
    wait_until(lambda: ledger not in deployment.topics(), "the ledger was gone", 30)
    deployment.create_topics(partitions=4)
    with deployment.worker() as worker:
        assert worker.wait(seconds=30) == 2
    log = worker.log.read_text()
    said = [line for line in log.splitlines() if line.startswith("ipg12: ")]
    assert len(said) == 1, log
    assert ledger in said[0]
    assert "Traceback" not in log
    assert not deployment.ledger()
