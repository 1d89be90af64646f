"""Somebody who is told of alerts: an HTTP server that notes what it hears, and answers as told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from broker.kafka import HOST, free_port

Headers = dict[str, str]
Reply = tuple[int, Headers]

TAKEN: Reply = (202, {})


@dataclass(frozen=True, slots=True)
class Request:
    """What was posted, and how it was answered."""

    path: str
    headers: Headers
    body: dict[str, Any]
    status: int

    @property
    def key(self) -> str:
        """What tells a repetition from another step."""
        return self.headers["Idempotency-Key"]


class Receiver:
    """Answers every request as `reply` says; nobody is there before it is entered."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}/hook"
        self.reply: Callable[[int], Reply] = lambda _: TAKEN
        """Gives the answer to the request of that number, counted from 0."""
        self.heard: list[Request] = []
        self.open = Event()
        """Where it is not set, requests are noted but wait for their answer."""
        self.open.set()

    @property
    def taken(self) -> list[Request]:
        """What was answered well."""
        return [each for each in self.heard if each.status < 300]

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = receiver.reply(len(receiver.heard))
                request = Request(self.path, dict(self.headers), json.loads(body), status)
                receiver.heard.append(request)
                receiver.open.wait()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"secret")

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Whoever asked may have gone."""

        self._server = Server((HOST, self.port), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
