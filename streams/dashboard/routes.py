"""The pages that show something."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from schemas.alert import Alert, AlertAction
from schemas.verdict import Outcome, Severity
from streams.alerts.handling import contradiction
from streams.dashboard.api import alert_detail, current_counters
from streams.dashboard.chart import chart
from streams.dashboard.dependencies import PagesDep, ReadModelDep
from streams.dashboard.params import (
    AlertFilter,
    AlertKeyDep,
    Pagination,
    ProviderCode,
    RuleCode,
    Span,
    WorklistFilterQuery,
    find_rule,
)
from streams.dashboard.responses import AlertView, rule_details
from streams.validation.rules import RULES

site = APIRouter(include_in_schema=False)


@site.get("/")
async def overview(
    request: Request, pages: PagesDep, read_model: ReadModelDep, span: Span = Span.HOUR
) -> Response:
    """Show the counters, and how many alerts and episodes there are to deal with."""
    counters = current_counters(read_model, span)
    attention = read_model.alerts_needing_attention()
    return pages.render(
        request,
        "overview.html",
        span=span,
        counters=counters,
        chart=chart(counters.span),
        outcomes=list(Outcome),
        recent_outcomes={
            outcome: sum(bar.outcomes.get(outcome, 0) for bar in counters.span)
            for outcome in Outcome
        },
        by_severity={
            severity: sum(alert.severity is severity for alert in attention)
            for severity in Severity
        },
        unattended=sum(AlertView.UNATTENDED.includes(alert) for alert in attention),
        oldest=min(attention, key=lambda alert: alert.since, default=None),
        episodes=read_model.error_counts().total(),
        rules=sorted(
            (rule for rule in RULES if rule.code in counters.rules),
            key=lambda rule: -counters.rules[rule.code],
        ),
    )


@site.get("/alerts")
async def alerts(request: Request, pages: PagesDep, read_model: ReadModelDep) -> Response:
    """List alerts; show the error at its field if the filter is not valid."""
    params = dict(request.query_params)
    try:
        filters, errors = AlertFilter.model_validate(params), {}
    except ValidationError as invalid:
        fields = [str(error["loc"][0]) for error in invalid.errors()]
        filters, errors = AlertFilter(), {field: _filter_error(field) for field in fields}
    found = [] if errors else [alert for alert in read_model.alerts() if filters.matches(alert)]
    return pages.render(
        request,
        "alerts.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        filters=filters,
        errors=errors,
        provider=params.get("provider", ""),
        views=list(AlertView),
        rules=RULES,
        total=len(found),
        alerts=filters.slice(found),
        link=_page_link("/alerts", filters),
    )


@site.get("/alerts/{rule}/{provider}")
async def alert(
    request: Request, pages: PagesDep, read_model: ReadModelDep, key: AlertKeyDep, done: str = ""
) -> Response:
    """Show one alert; `done` is the id of the command whose outcome to confirm."""
    detail = alert_detail(read_model, key)
    return pages.render(
        request,
        "alert.html",
        detail=detail,
        rule=rule_details().get(key.rule),
        actions=_possible_actions(detail.alert),
        outcome=next((event for event in detail.history if done and event.command == done), None),
    )


@site.get("/worklist")
async def providers(request: Request, pages: PagesDep, read_model: ReadModelDep) -> Response:
    """List the providers that have episodes with errors."""
    return pages.render(request, "providers.html", providers=read_model.error_counts())


@site.get("/worklist/{provider}")
async def worklist(
    request: Request,
    pages: PagesDep,
    read_model: ReadModelDep,
    provider: ProviderCode,
    filters: WorklistFilterQuery,
) -> Response:
    """List the episodes that a provider has to correct."""
    found = read_model.worklist(provider, everything=filters.everything)
    return pages.render(
        request,
        "worklist.html",
        provider=provider,
        filters=filters,
        total=len(found),
        episodes=filters.slice(found),
        link=_page_link(f"/worklist/{provider}", filters),
    )


@site.get("/rules")
async def rules(request: Request, pages: PagesDep, read_model: ReadModelDep) -> Response:
    """List the rules with their number of findings."""
    return pages.render(request, "rules.html", rules=RULES, counts=read_model.timeline.rules)


@site.get("/rules/{rule}")
async def rule(request: Request, pages: PagesDep, rule: RuleCode) -> Response:
    """Show one rule."""
    return pages.render(request, "rule.html", rule=find_rule(rule))


def _filter_error(field: str) -> str:
    if field == "provider":
        return "Enter an ODS code: 3 to 12 letters and digits"
    return f"The value of {field} is not valid: use the filter above"


def _possible_actions(alert: Alert) -> list[AlertAction]:
    return [action for action in AlertAction if contradiction(action, alert) is None]


def _page_link(path: str, filters: Pagination) -> Callable[[int], str]:
    """Return a function from an offset to the address of that page of a list."""

    def link(offset: int) -> str:
        query = filters.model_dump(mode="json", exclude_defaults=True) | {"offset": offset}
        return f"{path}?{urlencode(query)}"

    return link
