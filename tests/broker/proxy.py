"""A TCP proxy before a broker: the network between it and a worker, which a test can spoil."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Self

READ_BYTES = 65_536
ABORT = struct.pack("ii", 1, 0)
"""With SO_LINGER so set, closing sends RST instead of FIN."""


class Proxy:
    """Hands bytes on between an address of its own and a broker's."""

    def __init__(self, host: str, port: int, target: str, source: str) -> None:
        """Name where it listens, where it connects to, and from which local address."""
        self.address = f"{host}:{port}"
        self.connections = 0
        self._target = target.split(":")
        self._source = source
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> int:
        """Break every connection off with a reset; gives how many there were."""
        return self._call(self._reset())

    def stall(self) -> None:
        """Hand nothing on, and keep every connection open."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def flow(self) -> None:
        """Hand on again."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401  # what the work gives
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        host, port = self.address.split(":")
        self._flowing.set()
        self._server = await asyncio.start_server(self._connect, host, int(port))

    async def _close(self) -> None:
        self._server.close()
        await self._reset()
        self._flowing.set()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reset(self) -> int:
        pairs, self._pairs = self._pairs, set()
        open_ends = [end for pair in pairs for end in pair if not end.is_closing()]
        for writer in open_ends:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            writer.transport.abort()
        return len(pairs)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(*self._target, local_addr=(self._source, 0))
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        pair = (writer, back)
        self._pairs.add(pair)
        await asyncio.gather(self._hand_on(reader, back), self._hand_on(there, writer))
        self._pairs.discard(pair)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while read := await reader.read(READ_BYTES):
                await self._flowing.wait()
                writer.write(read)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
