"""The agent that validates: chunk in, partition brought forward."""

import asyncio
from collections.abc import Awaitable, Callable

import faust
from faust.types import StreamT

from streams.kafka.chunks import Chunk
from streams.kafka.partitions import Partitions

Agent = Callable[[StreamT[Chunk]], Awaitable[None]]


def validator(app: faust.App, partitions: Partitions) -> Agent:
    """Make the agent function. Each source partition has an actor of its own."""

    async def validate(stream: StreamT[Chunk]) -> None:
        """Do chunks in order; an exception is never skipped, it ends the process.

        Cancellation, when a partition is taken away or the worker stops, ends the actor quietly:
        passed on, Faust 0.15.3 would take it for a crash.
        """
        try:
            async for event in stream.events():
                await partitions.take(event.message.partition, event.value)
        except asyncio.CancelledError:
            return
        except Exception as error:
            await app.crash(error)
            raise

    return validate
