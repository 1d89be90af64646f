"""The API: what the pages show, for programs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from schemas.alert import AlertAction, AlertEvent
from schemas.verdict import Verdict
from streams.check import judge
from streams.dashboard.access import shown_token
from streams.dashboard.answers import (
    AlertDetail,
    AlertList,
    Counters,
    ProviderCount,
    RuleDetail,
    Worklist,
    of_rule,
    rule_details,
)
from streams.dashboard.asked import (
    AlertKey,
    Alerts,
    Episodes,
    Key,
    ProviderCode,
    RuleCode,
    Span,
    known_rule,
)
from streams.dashboard.clerk import Wish
from streams.dashboard.given import MaxBytes, TheClerk, TheNotice, TheView, WholeView
from streams.dashboard.problems import describe
from streams.dashboard.view import View
from streams.intake import MAX_RECORD_BYTES

EPISODES_SHOWN: Final = 50
REFRESH_SECONDS: Final = 15.0
"""After which time a page is refreshed though nothing has changed: ages grow."""

PAUSE_SECONDS: Final = 1.0
"""Least time between two changes that a page is told of."""

_reading = describe(HTTPStatus.SERVICE_UNAVAILABLE)
_invalid = _reading | describe(HTTPStatus.UNPROCESSABLE_ENTITY)
_missing = _invalid | describe(HTTPStatus.NOT_FOUND)

EPISODE_CONTENT: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/Episode"}}}

api = APIRouter(prefix="/api")


@api.get("/alerts", responses=_invalid)
async def alerts(view: WholeView, asked: Alerts) -> AlertList:
    """List alerts, the most urgent first."""
    found = [alert for alert in view.alerts() if asked.wants(alert)]
    return AlertList(total=len(found), alerts=asked.of(found))


@api.get("/alerts/{rule}/{provider}", responses=_missing)
async def alert(view: WholeView, key: Key) -> AlertDetail:
    """Tell all about one alert."""
    return alert_detail(view, key)


@api.post(
    "/alerts/{rule}/{provider}/{action}",
    dependencies=[Depends(shown_token)],
    responses=describe(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def change(clerk: TheClerk, key: Key, action: AlertAction, wish: Wish) -> AlertEvent:
    """Acknowledge, resolve, silence or unsilence an alert, and wait for the answer."""
    return await clerk.ask(action, key, wish)


@api.get("/worklist", responses=_reading)
async def providers(view: WholeView) -> tuple[ProviderCount, ...]:
    """Count the episodes that await correction, by provider."""
    return tuple(
        ProviderCount(provider=provider, episodes=episodes)
        for provider, episodes in view.awaiting().items()
    )


@api.get("/worklist/{provider}", responses=_invalid)
async def worklist(view: WholeView, provider: ProviderCode, asked: Episodes) -> Worklist:
    """List the episodes of a provider that await correction, the oldest first."""
    found = view.worklist(provider, everything=asked.everything)
    return Worklist(total=len(found), episodes=asked.of(found))


@api.get("/counters", responses=_invalid)
async def counters(view: TheView, span: Span = Span.HOUR) -> Counters:
    """Count records by outcome and findings by rule, also over time."""
    return count(view, span)


@api.get("/rules")
async def rules() -> tuple[RuleDetail, ...]:
    """List the rules, by code."""
    return tuple(rule_details().values())


@api.get("/rules/{rule}", responses=_missing)
async def rule(rule: RuleCode) -> RuleDetail:
    """Tell all about one rule."""
    return known_rule(rule)


@api.post(
    "/check",
    max_body_size=64 * MAX_RECORD_BYTES,
    responses=describe(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra={"requestBody": {"required": True, "content": EPISODE_CONTENT}},
)
async def check(request: Request, max_bytes: MaxBytes) -> Verdict:
    """Give the verdict on an episode; what is none gets the verdict of a dead letter."""
    return judge(await _body(request, max_bytes), max_bytes)


@api.get("/changes", response_class=EventSourceResponse)
async def changes(notice: TheNotice) -> AsyncIterator[ServerSentEvent]:
    """Tell, as server-sent events, that something has changed, or that it is time to look."""
    while not notice.over:
        told = notice.number
        yield ServerSentEvent(event="changed", data=datetime.now(UTC))
        await asyncio.sleep(PAUSE_SECONDS)
        if notice.number == told:
            await notice.wait(REFRESH_SECONDS)


def alert_detail(view: View, key: AlertKey) -> AlertDetail:
    """Tell all about one alert. Raises HTTPException."""
    found = view.alert(str(key))
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no alert {key}")
    return AlertDetail(
        alert=found,
        history=tuple(view.history(str(key))),
        episodes=tuple(
            islice(of_rule(view.worklist(key.provider, everything=True), key.rule), EPISODES_SHOWN)
        ),
    )


def count(view: View, span: Span) -> Counters:
    """Count records and findings."""
    return Counters(
        outcomes=view.timeline.outcomes,
        rules=view.timeline.rules,
        waiting=view.waiting,
        done_at=view.timeline.done_at,
        unkept_since=view.unkept_since,
        complete=view.complete,
        silent_since=view.silent_since,
        span=tuple(view.timeline.bars(datetime.now(UTC), span.length, span.bars)),
    )


async def _body(request: Request, max_bytes: int) -> bytes:
    """Read a request's body. Raises HTTPException where it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            detail = f"an episode has {max_bytes} bytes at most"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return bytes(body)
