"""Running the dashboard as a process."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGINT, SIGTERM, signal
from typing import Final

import uvicorn
from fastapi import FastAPI

from streams.alerting.client import AlertClient
from streams.dashboard.app import create_dashboard
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.following import follow
from streams.dashboard.read_model import ReadModel
from streams.errors import OperatorError
from streams.kafka.rights import Command
from streams.kafka.topic_reader import TopicReader
from streams.kafka.topics import Topics
from streams.logs import set_up_logs
from streams.runtime.process import operator_error
from streams.settings import Settings

STOP_SECONDS: Final = 5
"""How long a request that is under way may still take at the end."""

log = logging.getLogger("ipg12.dashboard")


class Server(uvicorn.Server):
    """A server that lets go of those who wait for changes before it stops."""

    def __init__(self, config: uvicorn.Config, notice: Broadcast) -> None:
        """Take what they wait for."""
        super().__init__(config)
        self._notice = notice

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._notice.close()
        await super().shutdown(sockets)


def run_dashboard(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OperatorError where it cannot go on."""
    topics, notice = Topics(settings.topic_prefix), Broadcast()
    view = ReadModel(topics)
    with _listening(settings) as listener:
        desk = AlertClient(settings, Command.DASHBOARD)
        set_up_logs()
        app = create_dashboard(settings, view, notice, desk)
        server = Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.dashboard_proxies),
                forwarded_allow_ips=settings.dashboard_proxies,
                timeout_graceful_shutdown=STOP_SECONDS,
            ),
            notice,
        )
        faults: list[BaseException] = []

        async def following() -> None:
            contents = await asyncio.to_thread(TopicReader, settings, *view.topics)
            with contents:
                await follow(contents, topics.episodes, view, notice)

        def ended(task: asyncio.Task[None]) -> None:
            if fault := task.exception():
                faults.append(fault)
                server.should_exit = True

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            task = asyncio.create_task(following())
            task.add_done_callback(ended)
            yield
            notice.close()
            await asyncio.wait([task])

        app.router.lifespan_context = lifespan
        log.info(
            "dashboard.started brokers=%s topics=%s* address=%s:%d changes=%s",
            settings.brokers,
            settings.topic_prefix,
            settings.dashboard_host,
            settings.dashboard_port,
            "token" if settings.api_token else "off",
        )
        for number in SIGTERM, SIGINT:  # uvicorn raises what it caught once more after the end
            signal(number, lambda *_: None)
        server.run(sockets=[listener])
    if faults:
        raise operator_error(faults[0])
    log.info("dashboard.stopped")


def _listening(settings: Settings) -> socket.socket:
    """Give a socket that listens. Raises OperatorError."""
    host, port = settings.dashboard_host, settings.dashboard_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        message = (
            f"cannot serve at {host}:{port} (IPG12_DASHBOARD_HOST, IPG12_DASHBOARD_PORT): "
            f"{getattr(error, 'strerror', None) or 'no such name'}"
        )
        raise OperatorError(message) from None
