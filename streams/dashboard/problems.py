"""What went wrong, as problem+json (RFC 9457) or as a page."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from schemas.rejection import Fault
from streams.errors import OperatorError

MEDIA_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """Why a request was not answered."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(default="about:blank", description="Always that: the status says it.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status.")
    detail: str = Field(description="What is wrong, and what to do.")
    errors: tuple[Fault, ...] = Field(default=(), description="Where a request is no good.")


def describe(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Describe for OpenAPI that an operation may answer so."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        int(status): {"description": status.phrase, "model": Problem, "content": content}
        for status in statuses
    }


def handle_problems(
    app: FastAPI, page: Callable[[Request, Problem], Response], headers: Mapping[str, str]
) -> None:
    """Answer with a problem: below `/api` as JSON, elsewhere as the page that is given.

    `headers` are for what no middleware sees: the answer to a fault of ours.
    """

    def answer(request: Request, problem: Problem, more: dict[str, str] | None = None) -> Response:
        if _is_api(request):
            return JSONResponse(problem.model_dump(), problem.status, more, MEDIA_TYPE)
        response = page(request, problem)
        response.headers.update(more or {})
        return response

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        problem = _problem(HTTPStatus(error.status_code), str(error.detail))
        return answer(request, problem, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        if not _is_api(request) and any(fault["loc"][0] == "path" for fault in error.errors()):
            return answer(request, _problem(HTTPStatus.NOT_FOUND, "there is no such page"))
        faults = tuple(
            Fault(place=".".join(map(str, fault["loc"])), message=_message(fault["msg"]))
            for fault in error.errors()
        )
        told = "; ".join(f"{fault.place} {fault.message}".strip() for fault in faults)
        problem = _problem(HTTPStatus.UNPROCESSABLE_ENTITY, told)
        return answer(request, problem.model_copy(update={"errors": faults}))

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        detail = "this is a fault of the dashboard's own; report it"
        response = JSONResponse(_problem(status, detail).model_dump(), status, None, MEDIA_TYPE)
        response.headers.update(headers)
        return response

    @app.exception_handler(OperatorError)
    async def troubled(request: Request, trouble: OperatorError) -> Response:
        return answer(request, _problem(HTTPStatus.SERVICE_UNAVAILABLE, str(trouble)))


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _problem(status: HTTPStatus, detail: str) -> Problem:
    return Problem(title=status.phrase, status=status, detail=detail)


def _message(said: str) -> str:
    return said.removeprefix("Value error, ")
