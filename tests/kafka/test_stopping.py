import signal

import pytest
from broker.deployment import Deploy


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_was_stopped_goes_on_without_loss_or_repetition(
    deploy: Deploy, number: signal.Signals
) -> None:
    deployment = deploy(chunk_records="50")
    deployment.publish(deployment.load(5000, seed=1))
    with deployment.worker() as worker:
        worker.wait_until(deployment.done, "something was done", 60)
        assert worker.stop(number) == 0
    assert deployment.unfinished(), "it was done before the worker was stopped"
    assert not deployment.transaction_open()
    deployment.publish(deployment.load(1000, seed=2))
    with deployment.worker() as worker:
        deployment.wait_done(worker)
        assert worker.stop(number) == 0
    deployment.account().assert_clean()
    assert "Traceback" not in worker.log.read_text()
