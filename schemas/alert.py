"""Alerts on rules broken at a provider, the commands that change them, and the worklist."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from schemas.frozen import Frozen
from schemas.ledger import LedgerPosition
from schemas.rejection import Remark
from schemas.verdict import Finding, Outcome, Severity, Source

LONGEST_SILENCE: Final = timedelta(days=90)
LONGEST_WHY: Final = 500
"""Maximum length of a reason or a note, in characters."""

Count = Annotated[int, Field(ge=0)]
Who = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_WHY, strip_whitespace=True)]


class AlertState(StrEnum):
    """The state of an alert; whether it is silenced is separate."""

    PENDING = "pending"
    """Fewer findings so far than open an alert."""
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"

    @property
    def active(self) -> bool:
        """Whether the alert still needs action."""
        return self not in {AlertState.PENDING, AlertState.RESOLVED}


class Silence(Frozen):
    """A period during which an alert sends no notifications."""

    until: AwareDatetime = Field(description="When the silence ends.")
    by: Who = Field(description="Who silenced the alert.")
    why: Why = Field(description="The reason.")


class Alert(Frozen):
    """One rule broken at one provider: a row of the alerts topic, keyed `RULE/PROVIDER`."""

    rule: str = Field(description="Code of the rule, for example LV02.")
    severity: Severity = Field(description="Severity of the rule.")
    provider: str = Field(description="ODS code of the provider, in capitals.")
    state: AlertState = Field(description="State of the alert.")
    since: AwareDatetime = Field(description="When the alert entered this state.")
    first_seen: AwareDatetime = Field(description="Timestamp of the first record with a finding.")
    last_seen: AwareDatetime = Field(description="Timestamp of the latest record with a finding.")
    findings: Count = Field(description="Total number of findings.")
    awaiting: Count = Field(description="Number of episodes awaiting correction.")
    acknowledged_by: Who | None = Field(default=None, description="Who acknowledged the alert.")
    note: Why | None = Field(default=None, description="The latest note or reason.")
    silence: Silence | None = Field(default=None, description="The current silence, if any.")
    recent: tuple[AwareDatetime, ...] = Field(
        default=(), description="Timestamps of the latest findings, kept while it is pending."
    )

    @property
    def key(self) -> str:
        """Key of its row."""
        return f"{self.rule}/{self.provider}"


class AlertAction(StrEnum):
    """What a command does to an alert."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SILENCE = "silence"
    UNSILENCE = "unsilence"


class AlertCommand(Frozen):
    """A request to change an alert, keyed by provider."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")] = Field(
        description="Identifier chosen by the sender; the resulting event repeats it."
    )
    action: AlertAction = Field(description="The change requested.")
    rule: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}$")] = Field(
        description="Code of the rule."
    )
    provider: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,12}$")] = Field(
        description="ODS code of the provider, in capitals."
    )
    by: Who = Field(description="Who sent the command.")
    at: AwareDatetime = Field(description="When the command was sent.")
    why: Why | None = Field(default=None, description="The reason, or a note.")
    until: AwareDatetime | None = Field(
        default=None, description="When the silence ends; only for the action silence."
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
                message = "a silence must end after it begins (until)"
                raise ValueError(message)
            if self.until - self.at > LONGEST_SILENCE:
                message = f"a silence can last {LONGEST_SILENCE.days} days at most (until)"
                raise ValueError(message)
        elif self.until is not None:
            message = "only a silence can have an end (until)"
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


class AlertEvent(Frozen):
    """A change to an alert, or a refused command, keyed like the alert: the audit log."""

    step: AlertEventType = Field(description="What happened.")
    rule: str = Field(description="Code of the rule.")
    provider: str = Field(description="ODS code of the provider.")
    at: AwareDatetime = Field(description="Time of the record or command, or the silence's end.")
    by: Who | None = Field(default=None, description="Who asked; null if it was automatic.")
    why: str = Field(description="The reason given, or why it was automatic or refused.")
    command: str | None = Field(default=None, description="Id of the command, if there was one.")
    alert: Alert | None = Field(description="The alert after the event; null if there is none.")

    @property
    def key(self) -> str:
        """Key of its record."""
        return f"{self.rule}/{self.provider}"


class AlertPosition(LedgerPosition):
    """How far a source partition is applied to the alerts: a row keyed `TOPIC/PARTITION`."""

    partitions: int = Field(ge=1, description="Partition count of the source topic then.")


class EpisodeRow(Frozen):
    """The latest verdict on an episode: a row of the worklist, keyed `PROVIDER/EPISODE_ID`."""

    provider: str = Field(description="ODS code of the provider, in capitals.")
    episode_id: str = Field(description="The publisher's identifier of the episode.")
    timestamp: int = Field(description="Timestamp of the record, in milliseconds since 1970.")
    outcome: Outcome = Field(description="Outcome: compliant or non-compliant.")
    source: Source | None = Field(description="Position of the record on Kafka.")
    findings: tuple[Finding, ...] = Field(description="The findings of the verdict.")
    proposed: tuple[str, ...] | None = Field(description="The procedures with every fix applied.")
    procedures: tuple[str, ...] | None = Field(
        default=None,
        description="The procedures that were checked; null in rows of earlier releases.",
    )
    diagnoses: tuple[str, ...] | None = Field(default=None, description="The diagnoses, likewise.")
    remaining_errors: int | None = Field(
        default=None, description="Number of errors without a fix; null if nothing is proposed."
    )
    remarks: tuple[Remark, ...] = Field(
        default=(), description="What was left out of the episode when it was read."
    )
    waived: tuple[str, ...] = Field(
        default=(), description="Rules waived because their alerts were resolved by hand."
    )

    @property
    def awaited_findings(self) -> tuple[Finding, ...]:
        """The findings that still need correcting."""
        return tuple(finding for finding in self.findings if finding.rule not in self.waived)

    @property
    def awaited(self) -> dict[str, Severity]:
        """The rules that still need correcting, each with its severity."""
        return {finding.rule: finding.severity for finding in self.awaited_findings}

    @property
    def wrong(self) -> bool:
        """Whether an error needs correcting; warnings and information are left to the coder."""
        return Severity.ERROR in self.awaited.values()

    @property
    def key(self) -> str:
        """Key of its row."""
        return f"{self.provider}/{self.episode_id}"
