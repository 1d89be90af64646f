"""The web application of the dashboard."""

from collections.abc import Awaitable, Callable
from functools import cache
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from schemas.episode import Episode
from streams.alerting.client import AlertClient
from streams.dashboard.access import Access
from streams.dashboard.actions import AlertActions
from streams.dashboard.api import api
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.check_page import check_page
from streams.dashboard.forms import forms
from streams.dashboard.pages import STATIC, Pages
from streams.dashboard.problems import handle_problems
from streams.dashboard.read_model import ReadModel
from streams.dashboard.routes import site
from streams.settings import Settings

LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")

BODY_BYTES: Final = 64 * 1024
"""Maximum size of a request body; an episode to check may be larger."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def create_dashboard(
    settings: Settings, read_model: ReadModel, broadcast: Broadcast, client: AlertClient
) -> FastAPI:
    """Create the application on a read model that the caller keeps up to date."""
    app = FastAPI(
        title="ipg12 dashboard",
        version=version("ipg12"),
        summary="Alerts, worklist, counters and rules of ipg12, and its verdicts.",
        docs_url=None,  # both load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        max_body_size=BODY_BYTES,
    )
    names = [name for name in settings.dashboard_names.split(",") if name]
    state = app.state
    state.read_model, state.broadcast = read_model, broadcast
    state.max_record_bytes = settings.max_record_bytes
    state.hl7_fields = settings.hl7_fields
    state.access = Access(settings.api_token, names)
    state.actions = AlertActions(read_model, broadcast, client)
    state.pages = Pages(read_model, state.access)
    handle_problems(app, state.pages.problem, HEADERS)
    for routes in api, site, check_page, forms:
        app.include_router(routes)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.openapi = cache(lambda: _openapi(app))  # type: ignore[method-assign]  # as its manual says

    @app.api_route("/livez", methods=["GET", "HEAD"], include_in_schema=False)
    async def livez() -> Response:
        return JSONResponse({"alive": True})

    @app.api_route("/readyz", methods=["GET", "HEAD"], include_in_schema=False)
    async def readyz() -> Response:
        reason = _not_ready_reason(read_model)
        return JSONResponse({"ready": reason is None, "reason": reason}, 503 if reason else 200)

    if _is_loopback(settings.dashboard_host):
        # Against DNS rebinding: no other site may reach it under a name of its own.
        allowed = [*LOOPBACK, settings.dashboard_host, *names]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed)

    @app.middleware("http")
    async def secure(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    return app


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, including the schema of an episode."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    episode = Episode.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = episode.pop("$defs")
    document["components"]["schemas"] |= {**parts, "Episode": episode}
    return document


def _not_ready_reason(read_model: ReadModel) -> str | None:
    if not read_model.complete:
        return "the topics are still being read"
    return "the brokers do not answer" if read_model.brokers_unreachable_since else None
