"""The API, which returns the same data as the pages."""

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
from streams.dashboard.access import require_token
from streams.dashboard.actions import ActionRequest
from streams.dashboard.dependencies import (
    ActionsDep,
    BroadcastDep,
    CompleteReadModelDep,
    Hl7FieldsDep,
    MaxRecordBytesDep,
    ReadModelDep,
)
from streams.dashboard.params import (
    AlertFilterQuery,
    AlertKey,
    AlertKeyDep,
    ProviderCode,
    RuleCode,
    Span,
    WorklistFilterQuery,
    find_rule,
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
    episodes_of_rule,
    rule_details,
)
from streams.validation.check import judge
from streams.validation.reading import MAX_RECORD_BYTES

EPISODES_SHOWN: Final = 50
REFRESH_SECONDS: Final = 15.0
"""Maximum time between two refreshes of a page: the ages that it shows grow."""

PAUSE_SECONDS: Final = 1.0
"""Minimum time between two refreshes of a page."""

_unavailable = describe(HTTPStatus.SERVICE_UNAVAILABLE)
_invalid = _unavailable | describe(HTTPStatus.UNPROCESSABLE_ENTITY)
_not_found = _invalid | describe(HTTPStatus.NOT_FOUND)

EPISODE_CONTENT: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/Episode"}}}

api = APIRouter(prefix="/api")


@api.get("/alerts", responses=_invalid)
async def alerts(read_model: CompleteReadModelDep, filters: AlertFilterQuery) -> AlertList:
    """List alerts, the most urgent first."""
    found = [alert for alert in read_model.alerts() if filters.matches(alert)]
    return AlertList(total=len(found), alerts=filters.slice(found))


@api.get("/alerts/{rule}/{provider}", responses=_not_found)
async def alert(read_model: CompleteReadModelDep, key: AlertKeyDep) -> AlertDetail:
    """Return one alert with its history and the episodes to correct."""
    return alert_detail(read_model, key)


@api.post(
    "/alerts/{rule}/{provider}/{action}",
    dependencies=[Depends(require_token)],
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
    actions: ActionsDep, key: AlertKeyDep, action: AlertAction, action_request: ActionRequest
) -> AlertEvent:
    """Acknowledge, resolve, silence or unsilence an alert, and return the resulting event."""
    return await actions.send(action, key, action_request)


@api.get("/worklist", responses=_unavailable)
async def providers(read_model: CompleteReadModelDep) -> tuple[ProviderCount, ...]:
    """Return the number of episodes with errors to correct, by provider."""
    return tuple(
        ProviderCount(provider=provider, episodes=episodes)
        for provider, episodes in read_model.error_counts().items()
    )


@api.get("/worklist/{provider}", responses=_invalid)
async def worklist(
    read_model: CompleteReadModelDep, provider: ProviderCode, filters: WorklistFilterQuery
) -> Worklist:
    """List the episodes that a provider has to correct, the oldest first."""
    found = read_model.worklist(provider, everything=filters.everything)
    return Worklist(total=len(found), episodes=filters.slice(found))


@api.get("/counters", responses=_invalid)
async def counters(read_model: ReadModelDep, span: Span = Span.HOUR) -> Counters:
    """Return the number of records by outcome, also over time, and of findings by rule."""
    return current_counters(read_model, span)


@api.get("/rules")
async def rules() -> tuple[RuleDetail, ...]:
    """List the rules, in the order of their codes."""
    return tuple(rule_details().values())


@api.get("/rules/{rule}", responses=_not_found)
async def rule(rule: RuleCode) -> RuleDetail:
    """Return one rule with its reason, sources and examples."""
    return find_rule(rule)


@api.post(
    "/check",
    max_body_size=64 * MAX_RECORD_BYTES,
    responses=describe(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra={"requestBody": {"required": True, "content": EPISODE_CONTENT}},
)
async def check(request: Request, max_bytes: MaxRecordBytesDep, hl7: Hl7FieldsDep) -> Verdict:
    """Return the verdict on an episode; if it is not valid, the verdict of a dead letter."""
    return judge(await read_body(request, max_bytes), max_bytes, hl7=hl7)


@api.get("/changes", response_class=EventSourceResponse)
async def changes(broadcast: BroadcastDep) -> AsyncIterator[ServerSentEvent]:
    """Send a server-sent event at once, after each change, and at least every 15 seconds."""
    while not broadcast.closed:
        announced = broadcast.changes
        yield ServerSentEvent(event="changed", data=datetime.now(UTC))
        await asyncio.sleep(PAUSE_SECONDS)
        if broadcast.changes == announced:
            await broadcast.wait(REFRESH_SECONDS)


def alert_detail(read_model: ReadModel, key: AlertKey) -> AlertDetail:
    """Return the details of an alert. Raises HTTPException."""
    found = read_model.alert(str(key))
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no alert {key}")
    episodes = read_model.worklist(key.provider, everything=True)
    return AlertDetail(
        alert=found,
        history=tuple(read_model.history(str(key))),
        episodes=tuple(islice(episodes_of_rule(episodes, key.rule), EPISODES_SHOWN)),
    )


def current_counters(read_model: ReadModel, span: Span) -> Counters:
    """Return the counters as of now."""
    return Counters(
        outcomes=read_model.timeline.outcomes,
        rules=read_model.timeline.rules,
        lag=read_model.lag,
        last_commit_at=read_model.timeline.last_commit_at,
        alerts_stalled_since=read_model.alerts_stalled_since,
        complete=read_model.complete,
        brokers_unreachable_since=read_model.brokers_unreachable_since,
        span=tuple(read_model.timeline.bars(datetime.now(UTC), span.length, span.bars)),
    )


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Read the body of a request. Raises HTTPException if it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            detail = f"the episode exceeds {max_bytes} bytes"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return bytes(body)
