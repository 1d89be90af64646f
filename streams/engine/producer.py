"""aiokafka's transactional producer, with the bugs fixed that would corrupt the output."""

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
"""Transaction timeout, after which the broker aborts an open transaction."""

BATCH_BYTES: Final = 1_000_000
"""Size at which a batch is full; a larger record has a batch to itself."""

CANCEL_SECONDS: Final = 0.01


class TransactionalProducer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """A producer that sends nothing outside a transaction, and can be stopped in any state."""

    def __init__(self, settings: Settings, transactional_id: str) -> None:
        """Use `transactional_id`: starting a producer fences any other with the same id."""
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
        self._error_transaction = self._txn_manager.error_transaction
        self._txn_manager.error_transaction = self._withdraw_refused
        self._produce = self._sender._send_produce_req  # noqa: SLF001
        self._sender._send_produce_req = self._produce_cancellable  # noqa: SLF001
        self._producing: set[asyncio.Task[None]] = set()

    async def _send_end_once(self, node: int, request: object, **options: object) -> object:
        """Send a request; fail the producer if EndTxn gets no answer.

        aiokafka 0.14 sends EndTxn again, and continues. If the first one was only delayed, it
        would end the producer's next transaction, whatever that contains by then: both have the
        same epoch. A producer started after this one has a higher epoch, so that brokers refuse
        late requests of this one.
        """
        try:
            return await self._request(node, request, **options)
        except NodeNotReadyError:  # it was not sent
            raise
        except KafkaError as error:
            if isinstance(request, EndTxnRequest):
                self._txn_manager.fatal_error(error)
                retrieve_exception(self._txn_manager.wait_for_transaction_end())
            raise

    def _withdraw_refused(self, error: KafkaError) -> None:
        """Withdraw queued batches of partitions that brokers refuse to add to the transaction.

        aiokafka 0.14 sends them all the same: it forgets the refusal, and then nothing blocks them.
        Brokers count them with the previous transaction, as long as its marker is not written, and
        commit them with it. aiokafka also forgets the partitions already added, so it considers the
        transaction empty and aborts nothing.
        """
        refused = set(self._txn_manager.partitions_to_add())
        added = set(self._txn_manager.txn_partitions)
        self._error_transaction(error)
        self._txn_manager.txn_partitions.update(added)
        retrieve_exception(self._txn_manager.wait_for_transaction_end())
        queued = self._message_accumulator._batches  # noqa: SLF001
        for partition in refused:
            for batch in queued.pop(partition, ()):
                batch.failure(error)
                retrieve_exception(batch._drain_waiter)  # noqa: SLF001

    async def _produce_cancellable(self, node: int, batches: dict[TopicPartition, Any]) -> None:
        """Send batches in a task that `force_stop` can cancel."""
        producing = asyncio.create_task(self._produce(node, batches))
        self._producing.add(producing)
        producing.add_done_callback(self._producing.discard)
        await producing

    async def force_stop(self) -> None:
        """Stop without waiting for the brokers.

        aiokafka 0.14 cannot: its sender repeats its requests for as long as they fail, finishes
        them first when it is cancelled, and a second cancellation ends only one of them.
        """
        sending = self._sender.sender_task
        while sending is not None and not sending.done():
            sending.cancel()
            await asyncio.wait({sending}, timeout=CANCEL_SECONDS)
        for producing in self._producing:
            producing.cancel()
        await stop_within(STOP_SECONDS, self.client.close())


def retrieve_exception(future: Future[Any]) -> None:
    """Retrieve a future's exception, so that asyncio does not log it if nobody awaits it."""
    if not future.cancelled():
        future.exception()
