"""What the worker tells over HTTP: alive, ready, metrics."""

from collections.abc import Callable
from typing import Final

import faust
from faust.types.web import Request, Response
from faust.web.base import BlueprintManager, View

_EXPOSITION_TYPE: Final = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


def serve(
    app: faust.App, exposition: Callable[[], bytes], not_ready: Callable[[], str | None]
) -> None:
    """Serve `/livez`, `/readyz` and `/metrics`, and nothing else.

    `exposition` gives the metrics. `not_ready` says why records cannot be done right now; None
    where they can.
    """
    app.web.blueprints = BlueprintManager()

    @app.page("/livez")
    async def livez(view: View, request: Request) -> Response:  # noqa: ARG001  # Faust passes it
        return view.json({"alive": True})

    @app.page("/readyz")
    async def readyz(view: View, request: Request) -> Response:  # noqa: ARG001  # Faust passes it
        reason = not_ready()
        return view.json({"ready": reason is None, "reason": reason}, status=503 if reason else 200)

    @app.page("/metrics")
    async def metrics(view: View, request: Request) -> Response:  # noqa: ARG001  # Faust passes it
        return view.bytes(exposition(), headers=dict(_EXPOSITION_TYPE))
