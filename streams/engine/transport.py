"""Faust's consumer, told to read committed records only, and to hand them over as they are."""

import asyncio
from typing import Any, Final

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.batches.fetched import read_by_parts
from streams.kafka.stopping import stop_within

STOP_SECONDS: Final = 2.0

ROOM_SECONDS: Final = 0.05
"""How soon to look again whether there is room for more of a partition that has enough waiting."""


class CommittedConsumerThread(driver.AIOKafkaConsumerThread):
    """Reads nothing of open or aborted transactions."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        """Create the consumer as Faust does for its own transactions, which we do not use."""
        read_by_parts()
        self.consumer.in_transaction = True
        try:
            return super()._create_worker_consumer(transport)
        finally:
            self.consumer.in_transaction = False

    def _crash(self, reason: BaseException) -> None:
        """Take note of what goes wrong in the thread itself.

        Faust 0.15.3 hands on a crash of the app too, from another thread: this one would then end
        by itself, perhaps before it is asked to, and whoever asks would wait for it in vain.
        """
        if asyncio.get_running_loop() is self.thread_loop:
            super()._crash(reason)

    async def on_thread_stop(self) -> None:
        """Leave the group, but do not wait for brokers that do not answer."""
        await stop_within(STOP_SECONDS, super().on_thread_stop())


class CommittedConsumer(driver.Consumer):
    """Faust's consumer on such a thread, which comes back soon to a partition that was full."""

    async def _wait_next_records(
        self,
        timeout: float,  # noqa: ASYNC109  # Faust's signature
    ) -> tuple[Any, set[TP] | None]:
        """Get what has been fetched of partitions that have room.

        Faust 0.15.3 sleeps for a second where none has, and waits as long for the others where
        these have no records. What is waiting is done long before that.
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
