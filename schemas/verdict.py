"""The verdict on a record: outcome, findings and proposed sequence."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from schemas.episode import Format
from schemas.frozen import Frozen
from schemas.rejection import Rejection, Remark

RULESET: Final = "2"
"""Version of the rule set that verdicts are based on."""


class Outcome(StrEnum):
    """The outcome of a record; each record has exactly one."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non-compliant"
    OUT_OF_SCOPE = "out-of-scope"
    DEAD_LETTER = "dead-letter"
    WITHDRAWN = "withdrawn"

    # Enum's own is written in Python, and every record is counted and routed by its outcome.
    __hash__ = str.__hash__


PUBLISHED: Final = frozenset(Outcome) - {Outcome.OUT_OF_SCOPE}
"""Outcomes of the records whose verdicts are published."""


class Severity(StrEnum):
    """How serious a finding is; only an error makes an episode non-compliant."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Action(StrEnum):
    """What a fix does with a code."""

    INSERT = "insert"
    MOVE = "move"
    REPLACE = "replace"


class Position(StrEnum):
    """Where a fix puts its code, relative to its anchor."""

    BEFORE = "before"
    AFTER = "after"
    INSTEAD = "instead"


class Fix(Frozen):
    """A proposal to a clinical coder, never applied automatically."""

    action: Action = Field(description="What to do with the code.")
    code: str = Field(description="The code to insert or move, or the replacement.")
    position: Position = Field(description="Where the code goes, relative to the anchor.")
    anchor: str = Field(description="Place of the code it is put beside or replaces.")
    text: str = Field(description="The fix in words.")


class Finding(Frozen):
    """A rule broken at one place."""

    rule: str = Field(description="Code of the rule, for example LV02.")
    name: str = Field(description="Name of the rule, for example levels-not-second.")
    severity: Severity = Field(description="Severity of the rule.")
    place: str = Field(
        description="Path in the submitted episode: `procedures[1].code`, or `diagnoses`."
    )
    at: int | None = Field(
        default=None,
        description="Index in the verdict's own `procedures` or `diagnoses`; null for a list.",
    )
    found: str | None = Field(
        description="The code as submitted, at most 16 characters; null if the place is a list."
    )
    expected: str = Field(description="What would be correct, in a coder's words.")
    fix: Fix | None = Field(default=None, description="How to fix it, where that is certain.")


class Source(Frozen):
    """The position of a record on Kafka."""

    topic: str = Field(description="Topic that the record was read from.")
    partition: int = Field(ge=0, description="Partition of that topic.")
    offset: int = Field(ge=0, description="Offset within that partition.")


class Verdict(Frozen):
    """The verdict on a record."""

    episode_id: str | None = Field(description="Identifier of the episode; null if unreadable.")
    provider_code: str | None = Field(description="ODS code, in capitals; null if unreadable.")
    outcome: Outcome = Field(description="Outcome of the record.")
    ruleset: str = Field(default=RULESET, description="Version of the rule set.")
    source: Source | None = Field(default=None, description="Position on Kafka; null for a file.")
    format: Format | None = Field(
        default=None, description="What the record is written in; null for a dead letter."
    )
    procedures: tuple[str, ...] | None = Field(
        default=None,
        description="The procedures in reading order, with their dots and without empty slots; "
        "null for a dead letter.",
    )
    diagnoses: tuple[str, ...] | None = Field(
        default=None, description="The diagnoses, likewise; null for a dead letter."
    )
    findings: tuple[Finding, ...] = Field(
        default=(), description="Findings, ordered by place and then by rule."
    )
    proposed: tuple[str, ...] | None = Field(
        default=None, description="The procedures with every fix applied; null if there is none."
    )
    remaining_errors: int | None = Field(
        default=None,
        description="Findings of severity error without a fix; null if nothing is proposed.",
    )
    remarks: tuple[Remark, ...] = Field(
        default=(), description="What was left out, though the episode was read."
    )
    rejection: Rejection | None = Field(
        default=None, description="Why the record is not an episode; null if it is one."
    )

    @property
    def rules(self) -> tuple[str, ...]:
        """Codes of the broken rules, each once, in the order of the findings."""
        return tuple(dict.fromkeys(finding.rule for finding in self.findings))
