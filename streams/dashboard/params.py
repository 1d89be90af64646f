"""Parameters of requests, read from path and query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Literal, TypeVar

from fastapi import Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException

from schemas.alert import Alert
from schemas.verdict import Severity
from streams.dashboard.responses import AlertView, RuleDetail, rule_details

T = TypeVar("T")

RuleCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]{2}[0-9]{2}$", to_upper=True),
    Path(description="Code of the rule, for example LV02."),
]
ProviderCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9]{3,12}$", to_upper=True),
    Path(description="ODS code of the provider."),
]


@dataclass(frozen=True)
class AlertKey:
    """The rule and provider of an alert."""

    rule: RuleCode
    provider: ProviderCode

    def __str__(self) -> str:
        """Return the key of the alert's row, `RULE/PROVIDER`."""
        return f"{self.rule}/{self.provider}"


AlertKeyDep = Annotated[AlertKey, Depends()]


class Span(StrEnum):
    """The period that counts over time cover, up to now."""

    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        """Length of the period."""
        return timedelta(hours=1 if self is Span.HOUR else 24)

    @property
    def bars(self) -> int:
        """Number of intervals: one for each minute, or for each half hour."""
        return 60 if self is Span.HOUR else 48


class Pagination(BaseModel):
    """Which items of a long list to return."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200, description="Maximum number of items to return.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Number of items to skip.")

    def slice(self, items: Sequence[T]) -> tuple[T, ...]:
        """Return the requested items."""
        return tuple(items[self.offset : self.offset + self.limit])


class AlertFilter(Pagination):
    """Which alerts to list."""

    show: AlertView = Field(default=AlertView.ATTENTION, description="Which alerts to list.")
    severity: Severity | Literal[""] = Field(default="", description="List only this severity.")
    rule: Annotated[str, StringConstraints(pattern=r"^([A-Za-z]{2}[0-9]{2})?$", to_upper=True)] = (
        Field(default="", description="List only alerts for the rule with this code.")
    )
    provider: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9]{3,12})?$", to_upper=True)
    ] = Field(default="", description="List only alerts at the provider with this ODS code.")

    def matches(self, alert: Alert) -> bool:
        """Return whether an alert passes the filter."""
        return (
            self.show.includes(alert)
            and self.severity in {"", alert.severity}
            and self.rule in {"", alert.rule}
            and self.provider in {"", alert.provider}
        )


class WorklistFilter(Pagination):
    """Which episodes of a provider to list."""

    everything: bool = Field(
        default=False, description="Also list episodes that have only warnings or information."
    )


AlertFilterQuery = Annotated[AlertFilter, Query()]
WorklistFilterQuery = Annotated[WorklistFilter, Query()]


def find_rule(code: str) -> RuleDetail:
    """Return the details of a rule. Raises HTTPException."""
    if code not in rule_details():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no rule {code}")
    return rule_details()[code]
