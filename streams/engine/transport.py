"""Faust's transport, reading committed records only, undecoded."""

import asyncio
from typing import Any, Final

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.batches.fetched import read_by_parts
from streams.kafka.stopping import stop_within

STOP_SECONDS: Final = 2.0

ROOM_SECONDS: Final = 0.05
"""Interval of checks whether a partition with a full buffer has room again."""


class CommittedConsumerThread(driver.AIOKafkaConsumerThread):
    """A consumer thread that reads nothing of open or aborted transactions."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        """Create the consumer as Faust does for its own transactions, which are not used here."""
        read_by_parts()
        self.consumer.in_transaction = True
        try:
            return super()._create_worker_consumer(transport)
        finally:
            self.consumer.in_transaction = False

    def _crash(self, reason: BaseException) -> None:
        """Handle crashes of this thread only.

        Faust 0.15.3 also passes on crashes of the app, from another thread: this one might then end
        before it is asked to stop, and the caller would wait for it forever.
        """
        if asyncio.get_running_loop() is self.thread_loop:
            super()._crash(reason)

    async def on_thread_stop(self) -> None:
        """Leave the group, without waiting for brokers that do not answer."""
        await stop_within(STOP_SECONDS, super().on_thread_stop())


class CommittedConsumer(driver.Consumer):
    """Faust's consumer on such a thread, which soon resumes a partition whose buffer was full."""

    async def _wait_next_records(
        self,
        timeout: float,  # noqa: ASYNC109  # Faust's signature
    ) -> tuple[Any, set[TP] | None]:
        """Return the records fetched from partitions whose buffers have room.

        Faust 0.15.3 sleeps for a second if none has, and waits as long for the others if those
        have no records. The buffered records are processed long before that.
        """
        if self._buffered_partitions:
            timeout = ROOM_SECONDS
        if self.flow_active and not self._get_active_partitions():
            await self.sleep(ROOM_SECONDS)
            return {}, set()
        return await super()._wait_next_records(timeout)

    def _new_consumer_thread(self) -> CommittedConsumerThread:
        return CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(driver.Transport):
    """Faust's transport with such a consumer."""

    Consumer = CommittedConsumer
