"""The Faust agent: passes chunks to the tasks of their partitions."""

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
    """Create an agent function. Each source partition has an actor of its own."""

    async def process(stream: StreamT[Chunk]) -> None:
        """Process chunks in order."""
        async for event in stream.events():
            chunks = list(_queued(stream, event.value))
            await tasks.take(event.message.tp, chunks)

    async def process_or_crash(stream: StreamT[Chunk]) -> None:
        """Process chunks in order; an error ends the app and is never skipped."""
        await or_crash(app, process(stream))

    return process_or_crash


def _queued(stream: StreamT[Chunk], first: Chunk) -> Iterator[Chunk]:
    """Yield a chunk and those queued after it, up to enough for one transaction."""
    yield first
    chunk, room_bytes = first, CHUNK_BYTES
    queue = cast("ChannelT[Chunk]", stream.channel).queue
    while not queue.empty() and (room_bytes := room_bytes - chunk.size_bytes) > 0:
        chunk = queue.get_nowait().value
        yield chunk


async def or_crash(app: faust.App, work: Awaitable[None]) -> None:
    """Run work; any exception ends the process.

    A requested cancellation ends quietly: if an actor raised it, Faust 0.15.3 would take it for a
    crash. A cancellation that nobody requested is a bug in a library.
    """
    try:
        await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            await app.crash(OperatorError("cancelled from within; report it, and start it again"))
    except Exception as error:  # noqa: BLE001  # the process ends with it
        await app.crash(error)
