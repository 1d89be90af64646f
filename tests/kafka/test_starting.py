import signal
from pathlib import Path

from broker.deployment import Deployment
from broker.kafka import Cluster


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
