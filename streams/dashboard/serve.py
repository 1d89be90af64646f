"""Runs the dashboard as a process."""

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
"""How long requests in progress may still take at shutdown."""

log = logging.getLogger("ipg12.dashboard")


class Server(uvicorn.Server):
    """A server that ends all streams of changes before it shuts down."""

    def __init__(self, config: uvicorn.Config, broadcast: Broadcast) -> None:
        """Store the broadcast that the streams wait for."""
        super().__init__(config)
        self._broadcast = broadcast

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the broadcast, then shut down."""
        self._broadcast.close()
        await super().shutdown(sockets)


def run_dashboard(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OperatorError if it cannot go on."""
    topics, broadcast = Topics(settings.topic_prefix), Broadcast()
    read_model = ReadModel(topics)
    with _listen(settings) as listener:
        client = AlertClient(settings, Command.DASHBOARD)
        set_up_logs()
        app = create_dashboard(settings, read_model, broadcast, client)
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
            broadcast,
        )
        errors: list[BaseException] = []

        async def follow_topics() -> None:
            reader = await asyncio.to_thread(TopicReader, settings, *read_model.topics)
            with reader:
                await follow(reader, topics.episodes, read_model, broadcast)

        def stop_on_error(task: asyncio.Task[None]) -> None:
            if error := task.exception():
                errors.append(error)
                server.should_exit = True

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            task = asyncio.create_task(follow_topics())
            task.add_done_callback(stop_on_error)
            yield
            broadcast.close()
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
        for number in SIGTERM, SIGINT:  # uvicorn raises the signals it caught again at its end
            signal(number, lambda *_: None)
        server.run(sockets=[listener])
    if errors:
        raise operator_error(errors[0])
    log.info("dashboard.stopped")


def _listen(settings: Settings) -> socket.socket:
    """Return a listening socket. Raises OperatorError."""
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
