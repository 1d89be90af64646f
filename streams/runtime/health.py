"""Health and metrics over HTTP: `/livez`, `/readyz` and `/metrics`, and nothing else."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

import faust
from faust.types.web import Request, Response
from faust.web.base import BlueprintManager, View

Answer = Callable[[], tuple[HTTPStatus, str, bytes]]
"""Returns the status, the content type and the body."""

_EXPOSITION: Final = "text/plain; version=0.0.4; charset=utf-8"


def answers(
    exposition: Callable[[], bytes], not_ready: Callable[[], str | None]
) -> dict[str, Answer]:
    """Return what answers each path.

    `exposition` returns the metrics in Prometheus's text format. `not_ready` returns why records
    cannot be processed at present; None if they can. Both may be called from any thread.
    """

    def readyz() -> tuple[HTTPStatus, str, bytes]:
        reason = not_ready()
        body = json.dumps({"ready": reason is None, "reason": reason}).encode()
        status = HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK
        return status, "application/json", body

    return {
        "/livez": lambda: (HTTPStatus.OK, "application/json", b'{"alive": true}'),
        "/readyz": readyz,
        "/metrics": lambda: (HTTPStatus.OK, _EXPOSITION, exposition()),
    }


def serve_with_faust(app: faust.App, paths: dict[str, Answer]) -> None:
    """Serve from the app's own web server, which then serves nothing else."""
    app.web.blueprints = BlueprintManager()
    for path, answer in paths.items():
        app.page(path)(_page(answer))


def _page(answer: Answer) -> Callable[[View, Request], Awaitable[Response]]:
    async def page(view: View, request: Request) -> Response:  # noqa: ARG001  # Faust passes it
        status, content_type, body = answer()
        return view.bytes(body, status=status, headers={"Content-Type": content_type})

    return page


def serve_in_thread(port: int, paths: dict[str, Answer]) -> None:
    """Serve on all interfaces from a thread of its own, until the process ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = paths.get(self.path.partition("?")[0])
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

    Thread(target=ThreadingHTTPServer(("", port), Handler).serve_forever, daemon=True).start()
