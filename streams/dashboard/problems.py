"""Error responses, as problem+json (RFC 9457) or as a page."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from schemas.frozen import Frozen
from schemas.rejection import Fault
from streams.errors import OperatorError

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Frozen):
    """Why a request failed."""

    type: str = Field(default="about:blank", description="Always `about:blank`: see `status`.")
    title: str = Field(description="Name of the HTTP status.")
    status: int = Field(description="HTTP status code.")
    detail: str = Field(description="What went wrong, and what to do.")
    errors: tuple[Fault, ...] = Field(default=(), description="Invalid fields of the request.")


def describe(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of error responses with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        int(status): {"description": status.phrase, "model": Problem, "content": content}
        for status in statuses
    }


def handle_problems(
    app: FastAPI, page: Callable[[Request, Problem], Response], headers: Mapping[str, str]
) -> None:
    """Respond to errors with a problem: as JSON below `/api`, elsewhere as a page.

    `headers` are set on responses to internal errors, which bypass the middleware.
    """

    def reply(request: Request, problem: Problem, extra: dict[str, str] | None = None) -> Response:
        if _is_api(request):
            return JSONResponse(problem.model_dump(), problem.status, extra, MEDIA_TYPE)
        response = page(request, problem)
        response.headers.update(extra or {})
        return response

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        problem = _problem(HTTPStatus(error.status_code), str(error.detail))
        return reply(request, problem, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid_request(request: Request, error: RequestValidationError) -> Response:
        if not _is_api(request) and any(each["loc"][0] == "path" for each in error.errors()):
            return reply(request, _problem(HTTPStatus.NOT_FOUND, "there is no such page"))
        faults = tuple(
            Fault(place=".".join(map(str, each["loc"])), message=_message(each["msg"]))
            for each in error.errors()
        )
        detail = "; ".join(f"{fault.place} {fault.message}".strip() for fault in faults)
        problem = _problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        return reply(request, problem.model_copy(update={"errors": faults}))

    @app.exception_handler(Exception)
    async def internal_error(_: Request, __: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        detail = "internal error in the dashboard; report it"
        response = JSONResponse(_problem(status, detail).model_dump(), status, None, MEDIA_TYPE)
        response.headers.update(headers)
        return response

    @app.exception_handler(OperatorError)
    async def operator_error(request: Request, error: OperatorError) -> Response:
        return reply(request, _problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error)))


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _problem(status: HTTPStatus, detail: str) -> Problem:
    return Problem(title=status.phrase, status=status, detail=detail)


def _message(text: str) -> str:
    return text.removeprefix("Value error, ")
