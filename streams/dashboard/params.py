"""What a request may ask for, read from its path and query."""

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
from streams.dashboard.responses import RuleDetail, Show, rule_details

T = TypeVar("T")

RuleCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]{2}[0-9]{2}$", to_upper=True),
    Path(description="Code of the rule, as in LV02."),
]
ProviderCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9]{3,12}$", to_upper=True),
    Path(description="ODS code of the provider."),
]


@dataclass(frozen=True)
class AlertKey:
    """Which alert is meant."""

    rule: RuleCode
    provider: ProviderCode

    def __str__(self) -> str:
        """Write it as the alerts' rows are keyed."""
        return f"{self.rule}/{self.provider}"


Key = Annotated[AlertKey, Depends()]


class Span(StrEnum):
    """How far back counts over time go."""

    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return timedelta(hours=1 if self is Span.HOUR else 24)

    @property
    def bars(self) -> int:
        """In how many stretches it is told: minutes, or half hours."""
        return 60 if self is Span.HOUR else 48


class Part(BaseModel):
    """Which part of a long list is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="How many to leave out first.")

    def of(self, found: Sequence[T]) -> tuple[T, ...]:
        """Give that part."""
        return tuple(found[self.offset : self.offset + self.limit])


class AlertFilter(Part):
    """Which alerts are wanted."""

    show: Show = Field(default=Show.ATTENTION, description="In which state.")
    severity: Severity | Literal[""] = Field(default="", description="Of this severity only.")
    rule: Annotated[str, StringConstraints(pattern=r"^([A-Za-z]{2}[0-9]{2})?$", to_upper=True)] = (
        Field(default="", description="Of this rule only.")
    )
    provider: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9]{3,12})?$", to_upper=True)
    ] = Field(default="", description="Of this provider only.")

    def wants(self, alert: Alert) -> bool:
        """Tell whether an alert is wanted."""
        return (
            self.show.wants(alert)
            and self.severity in {"", alert.severity}
            and self.rule in {"", alert.rule}
            and self.provider in {"", alert.provider}
        )


class WorklistFilter(Part):
    """Which episodes of a provider are wanted."""

    everything: bool = Field(
        default=False, description="Also those with warnings and information only."
    )


Alerts = Annotated[AlertFilter, Query()]
Episodes = Annotated[WorklistFilter, Query()]


def known_rule(code: str) -> RuleDetail:
    """Tell all about the rule of a code. Raises HTTPException."""
    if code not in rule_details():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no rule {code}")
    return rule_details()[code]
