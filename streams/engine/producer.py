"""aiokafka's transactional producer, without those of its faults that would reach the topics."""

import asyncio
from asyncio import Future
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.protocol.transaction import EndTxnRequest
from aiokafka.structs import TopicPartition

from streams.kafka.connection import for_aiokafka
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.settings import Settings

TRANSACTION_SECONDS: Final = 10.0
"""How long the broker lets a transaction stay open before it aborts it."""

BATCH_BYTES: Final = 1_000_000
"""Size at which a batch is closed and the next one begun; a larger record has one to itself."""

CANCEL_SECONDS: Final = 0.01


class TransactionalProducer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """A producer that sends nothing outside a transaction, and that can always be let go of."""

    def __init__(self, settings: Settings, transactional_id: str) -> None:
        """Name it; producers of one name fence each other, the last one started stays."""
        super().__init__(
            **for_aiokafka(settings),
            acks="all",
            transactional_id=transactional_id,
            transaction_timeout_ms=int(TRANSACTION_SECONDS * 1000),
            max_batch_size=BATCH_BYTES,
            linger_ms=0,
        )
        self._request = self.client.send
        self.client.send = self._send_end_once
        self._fail = self._txn_manager.error_transaction
        self._txn_manager.error_transaction = self._take_back
        self._produce = self._sender._send_produce_req  # noqa: SLF001
        self._sender._send_produce_req = self._produce_watched  # noqa: SLF001
        self._producing: set[asyncio.Task[None]] = set()

    async def _send_end_once(self, node: int, request: object, **options: object) -> object:
        """Send a request; fail the producer if EndTxn gets no answer.

        aiokafka 0.14 sends EndTxn again, and goes on. If the first one was only held up on its
        way, it would end the producer's next transaction, whatever that contains by then: both
        have the same epoch. A producer started after this one has a higher epoch, and late
        requests of this one are refused.
        """
        try:
            return await self._request(node, request, **options)
        except NodeNotReadyError:  # it was not sent
            raise
        except KafkaError as error:
            if isinstance(request, EndTxnRequest):
                self._txn_manager.fatal_error(error)
                look_at(self._txn_manager.wait_for_transaction_end())
            raise

    def _take_back(self, error: KafkaError) -> None:
        """Take back what waits to be sent, where brokers refuse to let the transaction have it.

        aiokafka 0.14 sends it all the same: it forgets what was refused, and then nothing holds it.
        Brokers take that for a part of the transaction before, for as long as that one's marker is
        not written, and commit it with that. aiokafka also forgets what the transaction has, and
        then takes it for empty and aborts nothing.
        """
        refused = set(self._txn_manager.partitions_to_add())
        added = set(self._txn_manager.txn_partitions)
        self._fail(error)
        self._txn_manager.txn_partitions.update(added)
        look_at(self._txn_manager.wait_for_transaction_end())
        waiting = self._message_accumulator._batches  # noqa: SLF001
        for partition in refused:
            for batch in waiting.pop(partition, ()):
                batch.failure(error)
                look_at(batch._drain_waiter)  # noqa: SLF001

    async def _produce_watched(self, node: int, batches: dict[TopicPartition, Any]) -> None:
        """Produce, so that it can be broken off."""
        producing = asyncio.create_task(self._produce(node, batches))
        self._producing.add(producing)
        producing.add_done_callback(self._producing.discard)
        await producing

    async def break_off(self) -> None:
        """End it where its brokers do not let it stop.

        aiokafka 0.14 has no way: its sender goes on with its requests for as long as they fail,
        takes a cancellation for a wish to end them first, and a second one ends but one of them.
        """
        sending = self._sender.sender_task
        while sending is not None and not sending.done():
            sending.cancel()
            await asyncio.wait({sending}, timeout=CANCEL_SECONDS)
        for producing in self._producing:
            producing.cancel()
        await stop_within(STOP_SECONDS, self.client.close())


def look_at(future: Future[Any]) -> None:
    """Look at what became of a future, so that asyncio does not complain where nobody waits."""
    if not future.cancelled():
        future.exception()
