"""The pages that show something, at their addresses."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from schemas.alert import Alert, AlertAction
from schemas.verdict import Outcome, Severity
from streams.alerts.handling import contradiction
from streams.dashboard.api import alert_detail, count
from streams.dashboard.chart import chart
from streams.dashboard.dependencies import ThePages, TheReadModel
from streams.dashboard.params import (
    AlertFilter,
    Episodes,
    Key,
    Part,
    ProviderCode,
    RuleCode,
    Span,
    known_rule,
)
from streams.dashboard.responses import Show, rule_details
from streams.validation.rules import RULES

site = APIRouter(include_in_schema=False)


@site.get("/")
async def overview(
    request: Request, pages: ThePages, view: TheReadModel, span: Span = Span.HOUR
) -> Response:
    """Show how it stands."""
    counters = count(view, span)
    attention = view.attention()
    return pages.render(
        request,
        "overview.html",
        span=span,
        counters=counters,
        chart=chart(counters.span),
        outcomes=list(Outcome),
        recently={
            outcome: sum(bar.outcomes.get(outcome, 0) for bar in counters.span)
            for outcome in Outcome
        },
        by_severity={
            severity: sum(alert.severity is severity for alert in attention)
            for severity in Severity
        },
        unattended=sum(Show.UNATTENDED.wants(alert) for alert in attention),
        oldest=min(attention, key=lambda alert: alert.since, default=None),
        awaiting=view.awaiting().total(),
        rules=sorted(
            (rule for rule in RULES if rule.code in counters.rules),
            key=lambda rule: -counters.rules[rule.code],
        ),
    )


@site.get("/alerts")
async def alerts(request: Request, pages: ThePages, view: TheReadModel) -> Response:
    """List alerts; where the filter makes no sense, say so at its field."""
    given = dict(request.query_params)
    try:
        asked, faults = AlertFilter.model_validate(given), {}
    except ValidationError as error:
        fields = [str(fault["loc"][0]) for fault in error.errors()]
        asked, faults = AlertFilter(), {field: _advice(field) for field in fields}
    found = [] if faults else [alert for alert in view.alerts() if asked.wants(alert)]
    return pages.render(
        request,
        "alerts.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        asked=asked,
        faults=faults,
        provider=given.get("provider", ""),
        shows=list(Show),
        rules=RULES,
        total=len(found),
        alerts=asked.of(found),
        link=_linker("/alerts", asked),
    )


@site.get("/alerts/{rule}/{provider}")
async def alert(
    request: Request,
    pages: ThePages,
    view: TheReadModel,
    key: Key,
    done: str | None = None,
) -> Response:
    """Show all about one alert."""
    detail = alert_detail(view, key)
    return pages.render(
        request,
        "alert.html",
        detail=detail,
        rule=rule_details().get(key.rule),
        actions=_possible(detail.alert),
        done=next((event for event in detail.history if done and event.command == done), None),
    )


@site.get("/worklist")
async def providers(request: Request, pages: ThePages, view: TheReadModel) -> Response:
    """List the providers that have something to correct."""
    return pages.render(request, "providers.html", providers=view.awaiting())


@site.get("/worklist/{provider}")
async def worklist(
    request: Request, pages: ThePages, view: TheReadModel, provider: ProviderCode, asked: Episodes
) -> Response:
    """List what a provider has to correct."""
    found = view.worklist(provider, everything=asked.everything)
    return pages.render(
        request,
        "worklist.html",
        provider=provider,
        asked=asked,
        total=len(found),
        episodes=asked.of(found),
        link=_linker(f"/worklist/{provider}", asked),
    )


@site.get("/rules")
async def rules(request: Request, pages: ThePages, view: TheReadModel) -> Response:
    """List the rules."""
    return pages.render(request, "rules.html", rules=RULES, counts=view.timeline.rules)


@site.get("/rules/{rule}")
async def rule(request: Request, pages: ThePages, rule: RuleCode) -> Response:
    """Show all about one rule."""
    return pages.render(request, "rule.html", rule=known_rule(rule))


def _advice(field: str) -> str:
    """Say what a field of the filter should be."""
    if field == "provider":
        return "Enter an ODS code: 3 to 12 letters and digits"
    return f"There is no such {field}"


def _possible(alert: Alert) -> list[AlertAction]:
    """Give what may be done with an alert as it stands."""
    return [action for action in AlertAction if contradiction(action, alert) is None]


def _linker(path: str, asked: Part) -> Callable[[int], str]:
    """Give what makes the address of another part of a list."""

    def link(offset: int) -> str:
        query = asked.model_dump(mode="json", exclude_defaults=True) | {"offset": offset}
        return f"{path}?{urlencode(query)}"

    return link
