"""The network between clients and brokers, which a test can spoil."""

import asyncio
import socket
import struct
import threading
from asyncio import Future, StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from broker.late import LateRequest, Request

T = TypeVar("T")

ABORT = struct.pack("ii", 1, 0)
"""With SO_LINGER so set, closing sends RST instead of FIN."""

LENGTH_BYTES = 4
CORRELATION_ID = slice(LENGTH_BYTES, LENGTH_BYTES + 4)
ASKED_CORRELATION_ID = slice(LENGTH_BYTES + 4, LENGTH_BYTES + 8)


class Proxy:
    """Hands requests and responses on between an address of its own and a broker's."""

    def __init__(self, network: "Network", host: str, port: int, target: str, source: str) -> None:
        """Name where it listens, where it connects to, and from which local address."""
        self.address = f"{host}:{port}"
        self.connections = 0
        self.delay_seconds = 0.0
        """How much longer each response takes than without the proxy."""
        self.network = network
        self.flowing = asyncio.Event()
        self._target = target.split(":")
        self._source = source
        self._open: set[Connection] = set()

    def reset(self) -> int:
        """Break every connection off with a reset; gives how many there were."""
        return self.network.call(self._reset())

    def stall(self) -> None:
        """Hand nothing on, and keep every connection open."""
        self.network.call_soon(self.flowing.clear)

    def flow(self) -> None:
        """Hand on again."""
        self.network.call_soon(self.flowing.set)

    async def listen(self) -> None:
        """Take connections from now on."""
        host, port = self.address.split(":")
        self.flowing.set()
        self._server = await asyncio.start_server(self._connect, host, int(port))

    async def close(self) -> None:
        """Take none any more, and break off those that are open."""
        self._server.close()
        await self._reset()

    async def _reset(self) -> int:
        broken, self._open = self._open, set()
        for connection in broken:
            connection.break_off()
        return len(broken)

    async def _connect(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            broker = await asyncio.open_connection(*self._target, local_addr=(self._source, 0))
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        connection = Connection(self, (reader, writer), broker)
        self._open.add(connection)
        try:
            await connection.serve()
        finally:
            connection.break_off()
            self._open.discard(connection)


class Connection:
    """One client's connection to one broker, in two halves."""

    def __init__(
        self,
        proxy: Proxy,
        client: tuple[StreamReader, StreamWriter],
        broker: tuple[StreamReader, StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._from_client, self._to_client = client
        self._from_broker, self._to_broker = broker
        self._before: dict[bytes, Callable[[], Awaitable[object]]] = {}
        """By correlation id, what is done before a response is handed on."""
        self._answered: Future[bool] = asyncio.get_running_loop().create_future()
        """Whether the broker has answered a request that was held back; False where it cannot."""

    async def serve(self) -> None:
        """Hand on until both ends have ended."""
        await asyncio.gather(self._requests(), self._responses())

    def break_off(self) -> None:
        """Reset both halves."""
        _reset(self._to_client)
        _reset(self._to_broker)

    async def _requests(self) -> None:
        held = False
        while not held and (frame := await _read_frame(self._from_client)):
            await self._proxy.flowing.wait()
            held = await self._hand_on_or_hold(frame)
        if not held:
            self._to_broker.close()

    async def _hand_on_or_hold(self, frame: bytes) -> bool:
        """Hand a request on; return whether it is held back, and the client's half broken off."""
        correlation_id = frame[ASKED_CORRELATION_ID]

        async def deliver() -> bool:
            self._before[correlation_id] = self._answer
            await _write(self._to_broker, frame)
            return await self._answered

        late, request = self._proxy.network.late, Request.read(frame)
        if late and request:
            if late.holds_back(request, deliver):
                _reset(self._to_client)
                return True
            if await late.follows(request):
                self._before[correlation_id] = late.arrive
        await _write(self._to_broker, frame)
        return False

    async def _responses(self) -> None:
        while frame := await _read_frame(self._from_broker):
            await asyncio.sleep(self._proxy.delay_seconds)
            await self._proxy.flowing.wait()
            if before := self._before.pop(frame[CORRELATION_ID], None):
                await before()
            await _write(self._to_client, frame)
        self._to_client.close()
        if not self._answered.done():
            self._answered.set_result(False)

    async def _answer(self) -> None:
        self._answered.set_result(True)


class Network:
    """Proxies before the brokers of a cluster, in a thread of their own."""

    def __init__(self) -> None:
        self.proxies: list[Proxy] = []
        self.late: LateRequest | None = None
        """What is to come late, if anything."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for proxy in self.proxies:
            self.call(proxy.listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._close())
        self.call_soon(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the network's thread to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def call_soon(self, work: Callable[[], object]) -> None:
        """Run something in the network's thread, soon."""
        self._loop.call_soon_threadsafe(work)

    def stall(self) -> None:
        """Hand nothing on, and keep every connection open."""
        for proxy in self.proxies:
            proxy.stall()

    def heal(self) -> None:
        """Hand everything on again, at once."""
        self.late = None
        for proxy in self.proxies:
            proxy.delay_seconds = 0.0
            proxy.flow()

    async def _close(self) -> None:
        self.heal()
        for proxy in self.proxies:
            await proxy.close()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


@contextmanager
def healing(network: Network) -> Iterator[None]:
    """Let the network hand everything on again, whatever a test has come to."""
    try:
        yield
    finally:
        network.heal()


async def _read_frame(reader: StreamReader) -> bytes:
    """Read a request or a response with its length before it; empty where there is no more."""
    try:
        length = await reader.readexactly(LENGTH_BYTES)
        return length + await reader.readexactly(int.from_bytes(length))
    except (asyncio.IncompleteReadError, OSError):
        return b""


async def _write(writer: StreamWriter, frame: bytes) -> None:
    """Write a frame; what the other end no longer wants is thrown away."""
    try:
        writer.write(frame)
        await writer.drain()
    except OSError:
        pass


def _reset(writer: StreamWriter) -> None:
    if not writer.is_closing():
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        writer.transport.abort()
