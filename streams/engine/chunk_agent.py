"""What an agent does: chunk in, partition brought forward."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import cast

import faust
from faust.types import ChannelT, StreamT

from streams.engine.chunks import CHUNK_BYTES, Chunk
from streams.engine.processor import ProcessorT
from streams.engine.task_manager import TaskManager
from streams.errors import OperatorError

Agent = Callable[[StreamT[Chunk]], Awaitable[None]]


def chunk_agent(app: faust.App, tasks: TaskManager[ProcessorT]) -> Agent:
    """Make an agent function. Each source partition has an actor of its own."""

    async def carry(stream: StreamT[Chunk]) -> None:
        """Do chunks in order."""
        async for event in stream.events():
            chunks = list(_waiting(stream, event.value))
            await tasks.take(event.message.tp, chunks)

    async def carry_or_crash(stream: StreamT[Chunk]) -> None:
        """Do chunks in order; what goes wrong is never skipped."""
        await or_crash(app, carry(stream))

    return carry_or_crash


def _waiting(stream: StreamT[Chunk], first: Chunk) -> Iterator[Chunk]:
    """Give a chunk, and what came behind it while its actor was busy: enough for a transaction."""
    yield first
    chunk, room = first, CHUNK_BYTES
    queue = cast("ChannelT[Chunk]", stream.channel).queue
    while not queue.empty() and (room := room - chunk.size_bytes) > 0:
        chunk = queue.get_nowait().value
        yield chunk


async def or_crash(app: faust.App, work: Awaitable[None]) -> None:
    """Do work; whatever goes wrong in it ends the process.

    Asked to stop, it ends quietly: passed on from an actor, Faust 0.15.3 would take the
    cancellation for a crash. One that nobody asked for is a fault of a library.
    """
    try:
        await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            await app.crash(OperatorError("cancelled from within; start it again"))
    except Exception as error:  # noqa: BLE001  # the process ends with it
        await app.crash(error)
