"""The agent that validates: chunk in, partition brought forward, chunk acknowledged."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import faust
from faust.types import StreamT

from streams.kafka.chunks import Chunk
from streams.kafka.partitions import Partitions

log = logging.getLogger("ipg12.agent")

Agent = Callable[[StreamT[Chunk]], Awaitable[None]]


def validator(app: faust.App, partitions: Partitions) -> Agent:
    """Make the agent function. Each source partition has an actor of its own."""

    async def validate(stream: StreamT[Chunk]) -> None:
        """Do chunks in order; an exception is never skipped, it ends the process.

        Cancellation, when a partition is taken away or the worker stops, ends the actor quietly:
        passed on, Faust 0.15.3 would take it for a crash.
        """
        try:
            events = stream.noack().events()  # type: ignore[attr-defined]  # StreamT lacks it
            async for event in events:
                if await partitions.take(event.message.partition, event.value):
                    event.ack()
        except asyncio.CancelledError:
            return
        except Exception as error:
            await app.crash(error)
            raise

    return validate
