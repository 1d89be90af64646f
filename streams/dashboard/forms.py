"""The pages with forms: signing in, and changing an alert."""

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
from streams.dashboard.access import COOKIE, AccessDep, require_same_origin, require_sign_in
from streams.dashboard.actions import ActionRequest
from streams.dashboard.api import alert_detail
from streams.dashboard.dependencies import ActionsDep, CompleteReadModelDep, PagesDep
from streams.dashboard.params import AlertKeyDep
from streams.errors import OperatorError

HOURS: Final = {"1": "1 hour", "8": "8 hours", "24": "1 day", "168": "7 days", "720": "30 days"}
"""Durations of a silence that the page offers, in hours."""

Text = Annotated[str, Form()]
_LOCAL_PATH: Final = re.compile(r"/(?!/)[A-Za-z0-9_/?=&.%-]{0,200}")
"""A path on this site, which cannot lead to another one."""

_name_adapter: TypeAdapter[str] = TypeAdapter(Who)

forms = APIRouter(include_in_schema=False)
same_origin_only = [Depends(require_same_origin)]


@forms.get("/sign-in")
async def sign_in_page(request: Request, pages: PagesDep, to: str = "/alerts") -> Response:
    """Ask for name and token."""
    return pages.render(request, "sign_in.html", to=_local(to), name="", errors={})


@forms.post("/sign-in", dependencies=same_origin_only)
async def sign_in(
    request: Request,
    pages: PagesDep,
    access: AccessDep,
    name: Text = "",
    token: Text = "",
    to: Text = "/alerts",
) -> Response:
    """Sign in a user who sends the token."""
    try:
        name = _name_adapter.validate_python(name)
        access.verify(request, token)
    except ValidationError:
        status, headers = HTTPStatus.UNPROCESSABLE_ENTITY, None
        errors = {"name": "Enter your name, in 100 characters or fewer"}
    except HTTPException as error:
        status, headers = HTTPStatus(error.status_code), error.headers
        errors = {"token": str(error.detail).capitalize()}
    else:
        redirect = RedirectResponse(_local(to), HTTPStatus.SEE_OTHER)
        access.sign_in(request, redirect, name)
        return redirect
    page = pages.render(request, "sign_in.html", status, to=_local(to), name=name, errors=errors)
    page.headers.update(headers or {})
    return page


@forms.post("/sign-out", dependencies=same_origin_only)
async def sign_out() -> Response:
    """Sign out."""
    redirect = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    redirect.delete_cookie(COOKIE)
    return redirect


@forms.get("/alerts/{rule}/{provider}/{action}", dependencies=[Depends(require_sign_in)])
async def action_page(
    request: Request,
    pages: PagesDep,
    read_model: CompleteReadModelDep,
    key: AlertKeyDep,
    action: AlertAction,
) -> Response:
    """Ask for the details of an action, and for confirmation."""
    detail = alert_detail(read_model, key)
    reason = contradiction(action, detail.alert)
    return pages.render(
        request,
        "action.html",
        HTTPStatus.CONFLICT if reason else HTTPStatus.OK,
        detail=detail,
        action=action,
        hours=HOURS,
        entered={},
        errors={"form": f"The alert {reason}"} if reason else {},
    )


@forms.post("/alerts/{rule}/{provider}/{action}", dependencies=same_origin_only)
async def act(  # noqa: PLR0913, PLR0917  # one parameter for each dependency
    request: Request,
    pages: PagesDep,
    read_model: CompleteReadModelDep,
    actions: ActionsDep,
    user_name: Annotated[str, Depends(require_sign_in)],
    key: AlertKeyDep,
    action: AlertAction,
    why: Text = "",
    hours: Text = "",
) -> Response:
    """Carry out an action, and show its outcome."""
    why = why.replace("\r\n", "\n").strip()
    detail, errors = alert_detail(read_model, key), _form_errors(action, why, hours)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if not errors:
        until = _silence_end(hours) if action is AlertAction.SILENCE else None
        action_request = ActionRequest(by=user_name, why=why or None, until=until)
        try:
            event = await actions.send(action, key, action_request)
        except HTTPException as error:
            errors, status = {"form": str(error.detail)}, HTTPStatus(error.status_code)
        except OperatorError as error:
            errors, status = {"form": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE
        else:
            location = f"/alerts/{key}?done={event.command}"
            return RedirectResponse(location, HTTPStatus.SEE_OTHER)
    entered = {"why": why, "hours": hours}
    return pages.render(
        request,
        "action.html",
        status,
        detail=detail,
        action=action,
        hours=HOURS,
        entered=entered,
        errors=errors,
    )


def _local(to: str) -> str:
    """Return the requested path, or the list of alerts if it leads to another site."""
    return to if _LOCAL_PATH.fullmatch(to) else "/alerts"


def _form_errors(action: AlertAction, why: str, hours: str) -> dict[str, str]:
    """Return the error of each field that is not valid."""
    errors = {}
    if action is AlertAction.SILENCE and hours not in HOURS:
        errors["hours"] = "Choose a duration"
    if len(why) > LONGEST_WHY:
        errors["why"] = f"The text must be {LONGEST_WHY} characters or fewer"
    elif not why and action in {AlertAction.RESOLVE, AlertAction.SILENCE}:
        errors["why"] = "Enter a reason"
    return errors


def _silence_end(hours: str) -> datetime:
    return datetime.now(UTC) + timedelta(hours=int(hours))
