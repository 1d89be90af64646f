"""Publishing all the time, whatever becomes of brokers and workers."""

import threading
import time
from collections import defaultdict
from random import Random
from typing import Self

from broker.deployment import Deployment
from broker.load import mixed_load
from broker.records import Publisher, place_of
from confluent_kafka import KafkaError, Message

BURST_RECORDS = 60
BURST_SECONDS = 0.2
POLL_SECONDS = 0.01
DELIVERY_SECONDS = 180


class TimedPublisher(Publisher):
    """Remembers when each record was delivered."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(
            deployment.cluster.client,
            deployment.topic("episodes"),
            message_timeout_ms=DELIVERY_SECONDS * 1000,
        )
        self.delivered: dict[int, list[tuple[float, int]]] = defaultdict(list)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        super()._delivered(error, message)
        _, number, offset = place_of(message)
        self.delivered[number].append((time.monotonic(), offset))


class Traffic:
    """Publishes bursts of a mixed load, in a thread of its own."""

    def __init__(self, deployment: Deployment, partitions: int, random: Random) -> None:
        self.publisher = TimedPublisher(deployment)
        self._deployment = deployment
        self._partitions = partitions
        self._random = random
        self._fault: Exception | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def running(self) -> bool:
        """Tell whether it publishes."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def end(self) -> None:
        """Publish no more, and expect that all that was delivered will be done."""
        self._over.set()
        self._thread.join()
        if self._fault:
            raise self._fault
        self.publisher.finish(DELIVERY_SECONDS)
        self._deployment.expect(self.publisher)

    def _run(self) -> None:
        due = time.monotonic()
        try:
            while not self._over.wait(POLL_SECONDS):
                if time.monotonic() >= due:
                    due += BURST_SECONDS
                    self._publish()
                self.publisher.producer.poll(0)
        except Exception as fault:  # noqa: BLE001  # `end` raises it
            self._fault = fault

    def _publish(self) -> None:
        self.publisher.hand_over(
            mixed_load(
                BURST_RECORDS,
                seed=self._random.getrandbits(64),
                partitions=self._partitions,
                newest=int(time.time() * 1000),
            )
        )
