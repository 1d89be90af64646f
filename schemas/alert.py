"""Alerts: one rule broken at one provider, and what people do about it."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.ledger import Position
from schemas.verdict import Finding, Outcome, Severity, Source

LONGEST_SILENCE: Final = timedelta(days=90)
LONGEST_WHY: Final = 500
"""Most characters of a reason or a note."""

Count = Annotated[int, Field(ge=0)]
Who = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_WHY, strip_whitespace=True)]


class AlertState(StrEnum):
    """Where an alert stands; silence is beside it."""

    PENDING = "pending"
    """Too few findings yet to be an alert."""
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"

    @property
    def active(self) -> bool:
        """Tell whether somebody has something left to do."""
        return self not in {AlertState.PENDING, AlertState.RESOLVED}


class Silence(BaseModel):
    """A time during which nobody wants to be told."""

    model_config = ConfigDict(frozen=True)

    until: AwareDatetime = Field(description="When it ends.")
    by: Who = Field(description="Who asked for it.")
    why: Why = Field(description="The reason.")


class Alert(BaseModel):
    """One rule broken at one provider: a row of the alerts topic, keyed `RULE/PROVIDER`."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="Code of the rule, as in LV02.")
    severity: Severity = Field(description="How much a finding of it weighs.")
    provider: str = Field(description="ODS code of the provider, in capitals.")
    state: AlertState = Field(description="Where it stands.")
    since: AwareDatetime = Field(description="When it came to this state.")
    first_seen: AwareDatetime = Field(description="Timestamp of the first record with a finding.")
    last_seen: AwareDatetime = Field(description="Timestamp of the latest one.")
    findings: Count = Field(description="Findings in all.")
    awaiting: Count = Field(description="Episodes awaiting correction.")
    acknowledged_by: Who | None = Field(default=None, description="Who has taken it on.")
    note: Why | None = Field(default=None, description="What was said of it last.")
    silence: Silence | None = Field(default=None, description="Until when nobody is told, and why.")
    recent: tuple[AwareDatetime, ...] = Field(
        default=(), description="Timestamps of the latest findings, while it is pending."
    )

    @property
    def key(self) -> str:
        """Key of its row."""
        return f"{self.rule}/{self.provider}"


class AlertAction(StrEnum):
    """What may be asked for."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SILENCE = "silence"
    UNSILENCE = "unsilence"


class AlertCommand(BaseModel):
    """What somebody asks to be done with an alert; keyed by provider."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")] = Field(
        description="Chosen by whoever asks; the answer names it."
    )
    action: AlertAction = Field(description="What to do.")
    rule: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}$")] = Field(
        description="Code of the rule."
    )
    provider: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,12}$")] = Field(
        description="ODS code of the provider, in capitals."
    )
    by: Who = Field(description="Who asks.")
    at: AwareDatetime = Field(description="When.")
    why: Why | None = Field(default=None, description="The reason, or a note.")
    until: AwareDatetime | None = Field(
        default=None, description="When a silence ends; nothing else has an end."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.why is None and self.action in {AlertAction.RESOLVE, AlertAction.SILENCE}:
            message = f"{self.action} needs a reason (why)"
            raise ValueError(message)
        if self.action is AlertAction.SILENCE:
            if self.until is None:
                message = "a silence needs an end (until)"
                raise ValueError(message)
            if self.until <= self.at:
                message = "a silence ends after it begins (until)"
                raise ValueError(message)
            if self.until - self.at > LONGEST_SILENCE:
                message = f"a silence lasts {LONGEST_SILENCE.days} days at most (until)"
                raise ValueError(message)
        elif self.until is not None:
            message = "only a silence has an end (until)"
            raise ValueError(message)
        return self


class AlertEventType(StrEnum):
    """What happened to an alert, or to a command."""

    OPENED = "opened"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"
    REFUSED = "refused"


class AlertEvent(BaseModel):
    """One step in the life of an alert, keyed as the alert is: the audit, and what is told on."""

    model_config = ConfigDict(frozen=True)

    step: AlertEventType = Field(description="What happened.")
    rule: str = Field(description="Code of the rule.")
    provider: str = Field(description="ODS code of the provider.")
    at: AwareDatetime = Field(description="When: of the record, of the command, or of the end.")
    by: Who | None = Field(default=None, description="Who asked; null where nobody did.")
    why: str = Field(description="The reason given, or why it happened by itself or was refused.")
    command: str | None = Field(default=None, description="Id of the command; null without one.")
    alert: Alert | None = Field(description="The alert after it; null where there is none.")

    @property
    def key(self) -> str:
        """Key of its record."""
        return f"{self.rule}/{self.provider}"


class AlertPosition(Position):
    """How far alerts take account of a source partition: a row keyed `TOPIC/PARTITION`."""

    partitions: int = Field(ge=1, description="Partitions of the source topic at that time.")


class EpisodeRow(BaseModel):
    """The newest verdict on an episode: a row of the worklist, keyed `PROVIDER/EPISODE_ID`."""

    model_config = ConfigDict(frozen=True)

    provider: str = Field(description="ODS code of the provider, in capitals.")
    episode_id: str = Field(description="Of the episode.")
    timestamp: int = Field(description="Of the record, in milliseconds since 1970.")
    outcome: Outcome = Field(description="Compliant or non-compliant.")
    source: Source | None = Field(description="Where the record stands on Kafka.")
    findings: tuple[Finding, ...] = Field(description="Rules broken.")
    proposed: tuple[str, ...] | None = Field(description="The procedures with every fix applied.")
    waived: tuple[str, ...] = Field(
        default=(), description="Rules whose alerts were resolved by hand while it broke them."
    )

    @property
    def awaited(self) -> dict[str, Severity]:
        """Rules because of which it awaits correction, each with its severity."""
        return {
            finding.rule: finding.severity
            for finding in self.findings
            if finding.rule not in self.waived
        }

    @property
    def wrong(self) -> bool:
        """Whether an error is among that; warnings and information need not be corrected."""
        return Severity.ERROR in self.awaited.values()

    @property
    def key(self) -> str:
        """Key of its row."""
        return f"{self.provider}/{self.episode_id}"
