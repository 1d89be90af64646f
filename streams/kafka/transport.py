"""Faust's consumer, told to read committed records only."""

from typing import cast

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP


class CommittedConsumerThread(driver.AIOKafkaConsumerThread):
    """Reads nothing of open or aborted transactions."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        """Create the consumer as Faust does for its own transactions, which we do not use."""
        self.consumer.in_transaction = True
        try:
            return super()._create_worker_consumer(transport)
        finally:
            self.consumer.in_transaction = False

    def highwater(self, tp: TP) -> int | None:  # type: ignore[override]  # Faust's gives None too
        """Give the offset after the last committed record, as the last fetch said.

        None before the first fetch, or where the partition is being taken away at this moment.
        """
        try:
            return cast("int | None", self._ensure_consumer().last_stable_offset(tp))
        except AssertionError:  # aiokafka's way to say that the partition is not assigned
            return None


class CommittedConsumer(driver.Consumer):
    """Faust's consumer on such a thread."""

    def _new_consumer_thread(self) -> CommittedConsumerThread:
        return CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(driver.Transport):
    """Faust's transport with such a consumer."""

    Consumer = CommittedConsumer
