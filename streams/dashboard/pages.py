"""Renders the pages, which work with or without JavaScript."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from schemas.alert import AlertState
from schemas.verdict import Finding, Severity
from streams.dashboard.access import Access
from streams.dashboard.problems import Problem
from streams.dashboard.read_model import ReadModel
from streams.marks import Coded, mark, new_codes, position, remaining
from streams.validation.rules import TITLES

HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * HOUR_MINUTES
STATIC: Final = Path(__file__).with_name("static")


def local_time(at: datetime) -> str:
    """Return a time as text: in the local time zone, to the minute."""
    try:
        at = at.astimezone()
    except OverflowError:  # a year that datetime does not have
        at = at.astimezone(UTC)
    return at.strftime("%-d %b %Y, %H:%M %Z")


def age(since: datetime) -> str:
    """Return how long ago a time was as text, in its largest unit."""
    minutes = max(0, (datetime.now(UTC) - since) // timedelta(minutes=1))
    if minutes >= DAY_MINUTES:
        days = minutes // DAY_MINUTES
        return f"{days:,} day{'s' * (days != 1)}"
    return f"{minutes // 60} h" if minutes >= HOUR_MINUTES else f"{minutes} min"


def fault_labels(name: str, codes: Iterable[str], findings: Collection[Finding]) -> dict[int, str]:
    """Return the rules broken by codes of a list, by index."""
    marked = enumerate(mark(name, codes, findings))
    return {index: " ".join(each.rule for each in found) for index, (_, found) in marked if found}


def new_labels(coded: Coded) -> dict[int, str]:
    """Return the words beside new codes of the proposed procedures, by index."""
    return dict.fromkeys(new_codes(coded), "changed")


class Pages:
    """Renders the templates with the context that every page needs."""

    def __init__(self, read_model: ReadModel, access: Access) -> None:
        environment = Environment(
            loader=PackageLoader("streams.dashboard"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"local_time": local_time, "age": age}
        environment.globals |= {"titles": TITLES, "AlertState": AlertState, "Severity": Severity}
        functions = position, remaining, fault_labels, new_labels
        environment.globals |= {function.__name__: function for function in functions}
        self._templates = Jinja2Templates(env=environment)
        self._read_model = read_model
        self._access = access

    def render(self, request: Request, file: str, status: int = 200, **context: object) -> Response:
        """Render a template."""
        common = {
            "read_model": self._read_model,
            "attention": len(self._read_model.alerts_needing_attention()),
            "user_name": self._access.name(request),
            "can_change": self._access.can_change,
        }
        return self._templates.TemplateResponse(request, file, common | context, status)

    def problem(self, request: Request, problem: Problem) -> Response:
        """Render the page of an error."""
        return self.render(request, "problem.html", problem.status, problem=problem)
