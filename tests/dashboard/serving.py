"""The dashboard on a scene, served in this process."""

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

TOKEN = "a-token-of-the-tests"  # noqa: S105  # it opens nothing
OPEN = Settings(alert_warnings="1", api_token=SecretStr(TOKEN))
SECONDS = 20


@contextmanager
def serving(scene: Scene, port: int | None = None) -> Iterator[str]:
    """Serve a scene, on any port unless one is given; gives the address."""
    app = scene.dashboard()
    port = port or free_port()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        async def taken(take: Callable[[], None]) -> None:
            take()

        scene.hand_over = lambda take: asyncio.run_coroutine_threadsafe(taken(take), loop).result()
        yield

    app.router.lifespan_context = lifespan
    config = uvicorn.Config(app, HOST, port, log_config=None, timeout_graceful_shutdown=2)
    server = Server(config, scene.notice)
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the dashboard was there", SECONDS)
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join()
        scene.hand_over = lambda take: take()
