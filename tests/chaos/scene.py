"""What a case of chaos plays on: a deployment on three brokers, its workers, traffic, a watch."""

import http
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Self, TypeVar

from broker.accounting import Account
from broker.deployment import Deployment
from broker.kafka import Cluster
from broker.records import Record
from broker.waiting import wait_until
from broker.worker import Worker
from chaos.roles import in_sync
from chaos.traffic import Traffic
from chaos.watch import Watch

T = TypeVar("T")

CHUNK_RECORDS = "500"
"""Few, so that work is cut into many transactions, and an outage is made up for soon."""

SOME_RECORDS = 2000
WAIT_SECONDS = 400


class Scene:
    """One deployment for one case."""

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        prefix: str,
        random: Random,
        *,
        partitions: int,
        **settings: str,
    ) -> None:
        self.cluster = cluster
        self.random = random
        self.partitions = partitions
        self.strikes = 0
        self.workers: list[Worker] = []
        self.notes: list[str] = []
        self.deployment = Deployment(
            cluster, folder, prefix, **{"chunk_records": CHUNK_RECORDS, **settings}
        )
        self.expected: Sequence[Record] | None = None
        """What came in, where the input does not hold all of it to the end."""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.deployment.create_topics(self.partitions)
        self.watch = self._stack.enter_context(Watch(self.deployment))
        self.traffic = Traffic(self.deployment, self.partitions, self.random)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self.cluster.network.heal()
        self.cluster.start()

    def start(
        self, workers: int, *program: str | Path, wait: bool = True, **settings: str
    ) -> list[Worker]:
        """Start workers; waits until they share the partitions with those that run."""
        new = [self.deployment.worker(*program, **settings) for _ in range(workers)]
        for worker in new:
            self._stack.enter_context(worker)
        self.workers += new
        if wait:
            self.deployment.wait_shared(*self.workers)
        return new

    def forget_ended(self) -> None:
        """Count on the workers that run, and no others."""
        self.workers = [worker for worker in self.workers if worker.process.poll() is None]

    def publish_some(self) -> None:
        """Publish a mixed load once; waits until the brokers have it."""
        load = self.deployment.load(SOME_RECORDS, seed=self.random.getrandbits(32))
        self.deployment.publish(load)

    def publish_all_the_time(self, *, wait: bool = True) -> None:
        """Publish from now on; waits until something of it is done."""
        if not self.traffic.running:
            self._stack.enter_context(self.traffic)
        if wait:
            self.wait_beyond(self.wait_busy())

    def wait_busy(self, records: int = 1) -> dict[int, int]:
        """Wait until so many records are unfinished; gives the offsets published by then."""

        def busy() -> dict[int, int]:
            last = dict(self.traffic.publisher.last)
            return last if self.watch.unfinished(last) >= records else {}

        return self.wait_until(busy, "work was unfinished")

    def strike(self, fault: Callable[[], object], *, settled: bool = True) -> dict[int, int]:
        """Let a fault strike while work is unfinished, and count it where some still was after it.

        Gives the offsets that were published by then. `settled` says that the brokers can tell
        what has been committed.
        """
        last = self.wait_busy()
        fault()
        if settled:
            self.wait_until(self.watch.caught_up, "the ledger had been read")
        self.strikes += self.watch.unfinished(last) > 0
        return last

    def wait_beyond(self, last: dict[int, int]) -> None:
        """Wait until everything up to these offsets is done, whoever does it."""
        self.wait_until(lambda: not self.watch.unfinished(last), "work went on")

    def wait_done(self) -> None:
        """Wait until everything that was published is done, whoever does it."""
        self.wait_until(lambda: not self.deployment.unfinished(), "everything was done")

    def wait_until(self, condition: Callable[[], T], what: str) -> T:
        """Wait for a condition; in vain, it shows the ends of the workers' logs."""
        return wait_until(condition, what, WAIT_SECONDS, self._evidence)

    def wait_ready(self, worker: Worker) -> None:
        """Wait until a worker says that it is ready."""
        self.wait_until(lambda: worker.get("/readyz")[0] == http.HTTPStatus.OK, "it was ready")

    def wait_not_ready(self, worker: Worker, reason: str) -> None:
        """Wait until a worker says that it is not ready, and why."""

        def says_so() -> bool:
            status, body = worker.get("/readyz")
            unavailable = status == http.HTTPStatus.SERVICE_UNAVAILABLE
            return unavailable and reason in json.loads(body)["reason"]

        self.wait_until(says_so, f"it was not ready: {reason}")

    def wait_in_sync(self) -> None:
        """Wait until no replica is behind."""
        self.wait_until(lambda: in_sync(self.deployment), "every replica was in sync")

    def finish(self) -> float:
        """Let the traffic end and all of it be done; gives the longest pause in seconds."""
        if self.traffic.running:
            self.traffic.end()
        if not self.workers:
            self.start(1)
        self.wait_done()
        self.wait_until(self.watch.caught_up, "the ledger had been read")
        return self.watch.longest_wait(self.traffic.publisher.delivered)

    def account(self) -> Account:
        """Close the books."""
        return self.deployment.account(self.expected)

    def _evidence(self) -> str:
        return "\n".join(worker.evidence() for worker in self.workers)
