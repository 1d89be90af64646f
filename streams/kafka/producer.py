"""aiokafka's transactional producer, without two of its faults."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

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
        self._tell = self._txn_manager.error_transaction
        self._txn_manager.error_transaction = self._refuse

    def _refuse(self, error: KafkaError) -> None:
        """Take back what waits to be sent, where brokers refuse to let a transaction have it.

        aiokafka 0.14 sends it all the same. Brokers take it for a part of the transaction before,
        for as long as that one's marker is not written, and commit it with that.
        """
        self._tell(error)
        self._txn_manager.wait_for_transaction_end().exception()  # somebody has looked at it
        waiting = self._message_accumulator._batches  # noqa: SLF001
        for batch in [batch for batches in waiting.values() for batch in batches]:
            batch.drain_ready()
            batch.failure(error)
        waiting.clear()

    async def break_off(self) -> None:
        """End it where its brokers do not let it stop.

        aiokafka 0.14 has no way: its sender goes on with its requests for as long as they fail,
        and takes a cancellation for a wish to end them first.
        """
        sending = self._sender.sender_task
        while sending is not None and not sending.done():
            sending.cancel()
            await asyncio.wait({sending}, timeout=CANCEL_SECONDS)
        await stop_within(STOP_SECONDS, self.client.close())
