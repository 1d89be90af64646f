"""A request that its sender gives up for lost, and that reaches the broker all the same, later."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Final, NamedTuple, Self

HEADER = struct.Struct(">ihhih")
"""Length, kind, version, correlation id, and length of the client's name."""

Deliver = Callable[[], Awaitable[bool]]
"""Delivers a request that was held back, and returns whether the broker answered."""


class Kind(IntEnum):
    """Requests of a transaction, by their number in Kafka's protocol."""

    PRODUCE = 0
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


FLEXIBLE_SINCE: Final = {
    Kind.PRODUCE: 9,
    Kind.INIT_PRODUCER_ID: 2,
    Kind.ADD_PARTITIONS_TO_TXN: 3,
    Kind.ADD_OFFSETS_TO_TXN: 3,
    Kind.END_TXN: 3,
    Kind.TXN_OFFSET_COMMIT: 3,
}
"""Versions from which on they are written otherwise (KIP-482); aiokafka 0.14 has none of them."""


class Request(NamedTuple):
    """What a frame asks for, where it belongs to a transaction."""

    kind: Kind
    transactional_id: bytes

    @classmethod
    def read(cls, frame: bytes) -> Self | None:
        """Read a frame; None where it belongs to no transaction."""
        _, number, version, _, name_length = HEADER.unpack_from(frame)
        if number not in FLEXIBLE_SINCE or version >= FLEXIBLE_SINCE[Kind(number)]:
            return None
        # The transactional id comes first in all of them, with its length before it.
        start = HEADER.size + max(0, name_length)
        (length,) = struct.unpack_from(">h", frame, start)
        return cls(Kind(number), frame[start + 2 : start + 2 + length]) if length > 0 else None


class LateRequest:
    """Holds the first request of a kind back, and delivers it inside a transaction begun later.

    To its producer the connection is lost. What the producer asks for after that is passed on, up
    to the first Produce of another transaction. Before it hears of that, and before anything else
    of it is passed on, the late request is delivered and answered.
    """

    def __init__(self, kind: Kind, transactional_ids: str = "") -> None:
        """Take the kind, and what the transactional id of its producer begins with."""
        self.delivered = False
        self._kind = kind
        self._prefix = transactional_ids.encode()
        self._transactional_id = b""
        self._deliver: Deliver | None = None
        self._ended = False
        """Whether the transaction that it belongs to is over for the producer."""
        self._free = asyncio.Event()
        self._free.set()

    def holds_back(self, request: Request, deliver: Deliver) -> bool:
        """Hold a request back if it is the one."""
        wanted = request.kind is self._kind and request.transactional_id.startswith(self._prefix)
        if self._deliver or not wanted:
            return False
        self._transactional_id, self._deliver = request.transactional_id, deliver
        return True

    def has_arrived(self) -> bool:
        """Tell whether it was delivered."""
        return self.delivered

    async def follows(self, request: Request) -> bool:
        """Tell whether it is due once this request is answered: then `arrive` has to be called.

        Waits while that is so of another request of the producer.
        """
        if self._deliver is None or request.transactional_id != self._transactional_id:
            return False
        await self._free.wait()
        if request.kind is Kind.PRODUCE and self._ended and not self.delivered:
            self._free.clear()
            return True
        self._ended |= request.kind in {Kind.END_TXN, Kind.INIT_PRODUCER_ID}
        return False

    async def arrive(self) -> None:
        """Deliver it."""
        assert self._deliver is not None
        self.delivered = await self._deliver()
        self._free.set()
