"""Health and metrics over HTTP: `/livez`, `/readyz` and `/metrics`, and nothing else."""

import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final, NamedTuple

import faust
from faust.types import web
from faust.web.base import BlueprintManager, View

JSON: Final = "application/json"
EXPOSITION: Final = "text/plain; version=0.0.4; charset=utf-8"


class Response(NamedTuple):
    """What a path is answered with."""

    status: HTTPStatus
    content_type: str
    body: bytes


class Health:
    """Answers the three paths for one process."""

    def __init__(
        self, exposition: Callable[[], bytes], not_ready: Callable[[], str | None]
    ) -> None:
        """Take what answers.

        `exposition` returns the metrics in Prometheus's text format. `not_ready` returns why
        records cannot be processed at present; None if they can.
        """
        self._exposition = exposition
        self._not_ready = not_ready
        self.paths: Final = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }

    def _livez(self) -> Response:
        return Response(HTTPStatus.OK, JSON, b'{"alive":true}')

    def _readyz(self) -> Response:
        reason = self._not_ready()
        status = HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK
        body = json.dumps({"ready": reason is None, "reason": reason}, separators=(",", ":"))
        return Response(status, JSON, body.encode())

    def _metrics(self) -> Response:
        return Response(HTTPStatus.OK, EXPOSITION, self._exposition())


def serve_with_faust(app: faust.App, health: Health) -> None:
    """Serve from the app's own web server, which then serves nothing else."""
    app.web.blueprints = BlueprintManager()
    for path, answer in health.paths.items():

        async def page(
            view: View,
            request: web.Request,  # noqa: ARG001  # Faust passes it
            answer: Callable[[], Response] = answer,
        ) -> web.Response:
            status, content_type, body = answer()
            return view.bytes(body, status=status, headers={"Content-Type": content_type})

        app.page(path)(page)


def serve_in_thread(port: int, health: Health) -> None:
    """Serve on all interfaces from a thread of its own, until the process ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = health.paths.get(self.path.partition("?")[0])
            if answer is None:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            status, content_type, body = answer()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log no request."""

    server = ThreadingHTTPServer(("", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
