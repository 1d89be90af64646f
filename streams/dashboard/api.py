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
from streams.dashboard.access import shown_token
from streams.dashboard.actions import ActionRequest
from streams.dashboard.dependencies import (
    MaxBytes,
    TheActions,
    TheBroadcast,
    TheCompleteReadModel,
    TheReadModel,
)
from streams.dashboard.params import (
    AlertKey,
    Alerts,
    Episodes,
    Key,
    ProviderCode,
    RuleCode,
    Span,
    known_rule,
)
from streams.dashboard.problems import describe
from streams.dashboard.read_model import ReadModel
from streams.dashboard.responses import (
    AlertDetail,
    AlertList,
    Counters,
    ProviderCount,
    RuleDetail,
    Worklist,
    of_rule,
    rule_details,
)
from streams.validation.check import judge
from streams.validation.reading import MAX_RECORD_BYTES

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
async def alerts(view: TheCompleteReadModel, asked: Alerts) -> AlertList:
    """List alerts, the most urgent first."""
    found = [alert for alert in view.alerts() if asked.wants(alert)]
    return AlertList(total=len(found), alerts=asked.of(found))


@api.get("/alerts/{rule}/{provider}", responses=_missing)
async def alert(view: TheCompleteReadModel, key: Key) -> AlertDetail:
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
async def change(
    clerk: TheActions, key: Key, action: AlertAction, wish: ActionRequest
) -> AlertEvent:
    """Acknowledge, resolve, silence or unsilence an alert, and wait for the answer."""
    return await clerk.ask(action, key, wish)


@api.get("/worklist", responses=_reading)
async def providers(view: TheCompleteReadModel) -> tuple[ProviderCount, ...]:
    """Count the episodes that await correction, by provider."""
    return tuple(
        ProviderCount(provider=provider, episodes=episodes)
        for provider, episodes in view.awaiting().items()
    )


@api.get("/worklist/{provider}", responses=_invalid)
async def worklist(view: TheCompleteReadModel, provider: ProviderCode, asked: Episodes) -> Worklist:
    """List the episodes of a provider that await correction, the oldest first."""
    found = view.worklist(provider, everything=asked.everything)
    return Worklist(total=len(found), episodes=asked.of(found))


@api.get("/counters", responses=_invalid)
async def counters(view: TheReadModel, span: Span = Span.HOUR) -> Counters:
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
async def changes(notice: TheBroadcast) -> AsyncIterator[ServerSentEvent]:
    """Tell, as server-sent events, that something has changed, or that it is time to look."""
    while not notice.over:
        told = notice.number
        yield ServerSentEvent(event="changed", data=datetime.now(UTC))
        await asyncio.sleep(PAUSE_SECONDS)
        if notice.number == told:
            await notice.wait(REFRESH_SECONDS)


def alert_detail(view: ReadModel, key: AlertKey) -> AlertDetail:
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


def count(view: ReadModel, span: Span) -> Counters:
    """Count records and findings."""
    return Counters(
        outcomes=view.timeline.outcomes,
        rules=view.timeline.rules,
        lag=view.lag,
        last_commit_at=view.timeline.last_commit_at,
        alerts_stalled_since=view.alerts_stalled_since,
        complete=view.complete,
        brokers_unreachable_since=view.brokers_unreachable_since,
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
