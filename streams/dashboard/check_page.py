"""The page that checks an episode: what is entered is neither published nor kept."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from streams.dashboard.access import require_same_origin
from streams.dashboard.api import read_body
from streams.dashboard.dependencies import Hl7FieldsDep, MaxRecordBytesDep, PagesDep
from streams.validation.check import judge
from streams.validation.reading import MAX_RECORD_BYTES

FORM_BYTES: Final = 4_096
"""Room in a form beside the episode."""

NOTHING: Final = "Enter an episode, or choose a file"

check_page = APIRouter(include_in_schema=False)


@check_page.get("/check")
async def empty_form(request: Request, pages: PagesDep) -> Response:
    """Ask for an episode."""
    return pages.render(request, "check.html", text="", verdict=None, errors={})


@check_page.post(
    "/check",
    max_body_size=64 * MAX_RECORD_BYTES + FORM_BYTES,
    dependencies=[Depends(require_same_origin)],
)
async def check(
    request: Request, pages: PagesDep, max_bytes: MaxRecordBytesDep, hl7: Hl7FieldsDep
) -> Response:
    """Show the verdict on the episode that was entered, or on the file."""
    text, file = await _fields(request, await read_body(request, max_bytes + FORM_BYTES))
    if not (file or text.strip()):
        errors, status = {"text": NOTHING}, HTTPStatus.UNPROCESSABLE_ENTITY
        return pages.render(request, "check.html", status, text="", verdict=None, errors=errors)
    verdict = judge(file or text.encode(), max_bytes, hl7=hl7)
    return pages.render(request, "check.html", text=text, verdict=verdict, errors={})


async def _fields(request: Request, body: bytes) -> tuple[str, bytes]:
    """Return the text and the file of the form, parsed in memory. Raises HTTPException."""

    async def stream() -> AsyncGenerator[bytes]:
        yield body

    if "content-type" not in request.headers:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "send the form of this page")
    limits = {"max_files": 1, "max_fields": 1, "max_part_size": len(body)}
    parser = MultiPartParser(request.headers, stream(), **limits)
    parser.spool_max_size = len(body)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "send the form of this page") from None
    text, file = form.get("text"), form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    await form.close()
    return text if isinstance(text, str) else "", content
