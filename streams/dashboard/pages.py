"""The pages: what people see, with JavaScript or without."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from schemas.alert import AlertState
from schemas.verdict import Severity
from streams.dashboard.access import Access
from streams.dashboard.problems import Problem
from streams.dashboard.read_model import ReadModel
from streams.validation.rules import TITLES

HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * HOUR_MINUTES
STATIC: Final = Path(__file__).with_name("static")


def moment(at: datetime) -> str:
    """Write a moment in local time, to the minute."""
    try:
        at = at.astimezone()
    except OverflowError:  # at either end of the calendar
        at = at.astimezone(UTC)
    return at.strftime("%-d %b %Y, %H:%M %Z")


def age(since: datetime) -> str:
    """Write how long ago something was, in its largest unit."""
    minutes = max(0, (datetime.now(UTC) - since) // timedelta(minutes=1))
    if minutes >= DAY_MINUTES:
        days = minutes // DAY_MINUTES
        return f"{days:,} day{'s' * (days != 1)}"
    return f"{minutes // 60} h" if minutes >= HOUR_MINUTES else f"{minutes} min"


def where(place: str) -> str:
    """Write a finding's place as coders count: `procedures[0].code` is procedure 1."""
    field, bracket, rest = place.partition("[")
    kind = {"procedures": "procedure", "diagnoses": "diagnosis"}.get(field, field)
    return f"{kind} {int(rest.partition(']')[0]) + 1}" if bracket else f"the {field}"


class Pages:
    """Renders the templates with what is the same on every page."""

    def __init__(self, view: ReadModel, access: Access) -> None:
        """Set up the templates."""
        environment = Environment(
            loader=PackageLoader("streams.dashboard"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"moment": moment, "age": age, "where": where}
        environment.globals |= {"titles": TITLES, "AlertState": AlertState, "Severity": Severity}
        self._templates = Jinja2Templates(env=environment)
        self._view = view
        self._access = access

    def render(self, request: Request, name: str, status: int = 200, **said: object) -> Response:
        """Render a template."""
        common = {
            "view": self._view,
            "attention": len(self._view.attention()),
            "who": self._access.name(request),
            "may_change": self._access.open,
        }
        return self._templates.TemplateResponse(request, name, common | said, status)

    def problem(self, request: Request, problem: Problem) -> Response:
        """Render the page that says what went wrong."""
        return self.render(request, "problem.html", problem.status, problem=problem)
