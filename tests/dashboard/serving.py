"""Serves the dashboard of a scene in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread

import uvicorn
from broker.kafka import HOST, free_port
from broker.waiting import wait_until
from dashboard.scenes import Scene
from fastapi import FastAPI
from pydantic import SecretStr

from streams.dashboard.serve import Server
from streams.settings import Settings

TOKEN = "a-token-of-the-tests"  # noqa: S105  # of no other use
OPEN = Settings(alert_warnings="1", api_token=SecretStr(TOKEN))
SECONDS = 20


@contextmanager
def serving(scene: Scene, port: int | None = None) -> Iterator[str]:
    """Serve a scene, on a free port by default; yield the address."""
    app = scene.dashboard()
    port = port or free_port()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        async def call(function: Callable[[], None]) -> None:
            function()

        scene.run = lambda function: asyncio.run_coroutine_threadsafe(call(function), loop).result()
        yield

    app.router.lifespan_context = lifespan
    config = uvicorn.Config(app, HOST, port, log_config=None, timeout_graceful_shutdown=2)
    server = Server(config, scene.broadcast)
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the dashboard had started", SECONDS)
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join()
        scene.run = lambda function: function()
