"""The pages on which something is changed: signing in, and dealing with an alert."""

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from schemas.alert import LONGEST_WHY, AlertAction, Who
from streams.alerts.handling import contradiction
from streams.dashboard.access import COOKIE, TheAccess, same_origin, signed_in
from streams.dashboard.actions import ActionRequest
from streams.dashboard.api import alert_detail
from streams.dashboard.dependencies import TheActions, TheCompleteReadModel, ThePages
from streams.dashboard.params import Key
from streams.errors import OperatorError

HOURS: Final = {"1": "1 hour", "8": "8 hours", "24": "1 day", "168": "7 days", "720": "30 days"}
"""For how many hours an alert may be silenced on the page."""

Text = Annotated[str, Form()]
_page: Final = re.compile(r"/(?!/)[A-Za-z0-9_/?=&.%-]{0,200}")
"""An address on this site."""

_who: TypeAdapter[str] = TypeAdapter(Who)

forms = APIRouter(include_in_schema=False)
ours = [Depends(same_origin)]


@forms.get("/sign-in")
async def sign_in_page(request: Request, pages: ThePages, to: str = "/alerts") -> Response:
    """Ask who somebody is."""
    return pages.render(request, "sign_in.html", to=_safe(to), who_asks="", errors={})


@forms.post("/sign-in", dependencies=ours)
async def sign_in(
    request: Request,
    pages: ThePages,
    access: TheAccess,
    name: Text = "",
    token: Text = "",
    to: Text = "/alerts",
) -> Response:
    """Remember who somebody is, who shows the token."""
    try:
        name = _who.validate_python(name)
        access.verify(request, token)
    except ValidationError:
        status, headers = HTTPStatus.UNPROCESSABLE_ENTITY, None
        errors = {"name": "Enter your name, of 100 characters at most"}
    except HTTPException as refused:
        status, headers = HTTPStatus(refused.status_code), refused.headers
        errors = {"token": str(refused.detail).capitalize()}
    else:
        answer = RedirectResponse(_safe(to), HTTPStatus.SEE_OTHER)
        access.sign_in(request, answer, name)
        return answer
    page = pages.render(request, "sign_in.html", status, to=_safe(to), who_asks=name, errors=errors)
    page.headers.update(headers or {})
    return page


@forms.post("/sign-out", dependencies=ours)
async def sign_out() -> Response:
    """Forget who somebody is."""
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE)
    return answer


@forms.get("/alerts/{rule}/{provider}/{action}", dependencies=[Depends(signed_in)])
async def action_page(
    request: Request,
    pages: ThePages,
    view: TheCompleteReadModel,
    key: Key,
    action: AlertAction,
) -> Response:
    """Ask what is needed for an action, and whether it is meant."""
    detail = alert_detail(view, key)
    reason = contradiction(action, detail.alert)
    return pages.render(
        request,
        "action.html",
        HTTPStatus.CONFLICT if reason else HTTPStatus.OK,
        detail=detail,
        action=action,
        hours=HOURS,
        given={},
        errors={"form": f"The alert {reason}"} if reason else {},
    )


@forms.post("/alerts/{rule}/{provider}/{action}", dependencies=ours)
async def act(  # noqa: PLR0913, PLR0917  # FastAPI hands over one by one what a route needs
    request: Request,
    pages: ThePages,
    view: TheCompleteReadModel,
    clerk: TheActions,
    who: Annotated[str, Depends(signed_in)],
    key: Key,
    action: AlertAction,
    why: Text = "",
    hours: Text = "",
) -> Response:
    """Have an action done, and show what came of it."""
    why = why.replace("\r\n", "\n").strip()
    detail, errors = alert_detail(view, key), _faults(action, why, hours)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if not errors:
        until = _end(hours) if action is AlertAction.SILENCE else None
        wish = ActionRequest(by=who, why=why or None, until=until)
        try:
            event = await clerk.ask(action, key, wish)
        except HTTPException as refused:
            errors, status = {"form": str(refused.detail)}, HTTPStatus(refused.status_code)
        except OperatorError as trouble:
            errors, status = {"form": str(trouble)}, HTTPStatus.SERVICE_UNAVAILABLE
        else:
            done = f"/alerts/{key}?done={event.command}"
            return RedirectResponse(done, HTTPStatus.SEE_OTHER)
    given = {"why": why, "hours": hours}
    return pages.render(
        request,
        "action.html",
        status,
        detail=detail,
        action=action,
        hours=HOURS,
        given=given,
        errors=errors,
    )


def _safe(to: str) -> str:
    """Give an address on this site: what was asked for, unless it leads elsewhere."""
    return to if _page.fullmatch(to) else "/alerts"


def _faults(action: AlertAction, why: str, hours: str) -> dict[str, str]:
    """Say by field what is wrong with a form."""
    faults = {}
    if action is AlertAction.SILENCE and hours not in HOURS:
        faults["hours"] = "Choose how long"
    if len(why) > LONGEST_WHY:
        faults["why"] = f"The text must be {LONGEST_WHY} characters or fewer"
    elif not why and action in {AlertAction.RESOLVE, AlertAction.SILENCE}:
        faults["why"] = "Enter a reason"
    return faults


def _end(hours: str) -> datetime:
    return datetime.now(UTC) + timedelta(hours=int(hours))
