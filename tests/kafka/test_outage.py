import http
import signal
from pathlib import Path

import pytest
from broker.deployment import Deployment
from broker.kafka import Cluster

NOT_READY_SECONDS = 30


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_without_its_brokers_a_worker_is_not_ready_and_still_stops_in_time(
    tmp_path: Path, number: signal.Signals
) -> None:
    with Cluster(tmp_path) as cluster:
        deployment = Deployment(cluster, tmp_path, "outage.")
        deployment.create_topics(4)
        deployment.publish(deployment.load(500, seed=1))
        with deployment.worker() as worker:
            deployment.wait_done(worker)
            cluster.brokers[0].send(number)
            status = http.HTTPStatus.SERVICE_UNAVAILABLE
            worker.wait_until(
                lambda: worker.get("/readyz")[0] == status, "it was not ready", NOT_READY_SECONDS
            )
            assert "brokers do not answer" in worker.get("/readyz")[1]
            assert worker.get("/livez")[0] == http.HTTPStatus.OK
            assert worker.stop() == 0
        assert "Traceback" not in worker.log.read_text()


def test_a_worker_that_is_stopped_while_it_starts_ends_at_once(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster:
        deployment = Deployment(cluster, tmp_path, "starting.")
        deployment.create_topics(1)
        with deployment.worker() as worker:
            worker.wait_until(lambda: _handles_sigterm(worker.process.pid), "it listens", 20)
            assert worker.stop() == 0


def _handles_sigterm(process: int) -> bool:
    """Tell whether a process has a handler for SIGTERM, from the mask of those that it catches."""
    status = Path(f"/proc/{process}/status").read_text()
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
