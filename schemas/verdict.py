"""The verdict: the answer to one record."""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from schemas.rejection import Rejection

RULESET: Final = "1"
"""Version of the rule set that verdicts name."""


class Outcome(StrEnum):
    """What becomes of a record; each record has exactly one."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non-compliant"
    OUT_OF_SCOPE = "out-of-scope"
    DEAD_LETTER = "dead-letter"

    # Enum's own is written in Python, and every record is counted and addressed by its outcome.
    __hash__ = str.__hash__


PUBLISHED: Final = frozenset(Outcome) - {Outcome.OUT_OF_SCOPE}
"""Outcomes of the records whose verdicts are published."""


class Severity(StrEnum):
    """How much a finding weighs; only an error makes an episode non-compliant."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Action(StrEnum):
    """What a fix does with a code."""

    INSERT = "insert"
    MOVE = "move"
    REPLACE = "replace"


class Position(StrEnum):
    """Where a fix puts its code, as seen from the fix's anchor."""

    BEFORE = "before"
    AFTER = "after"
    INSTEAD = "instead"


class Fix(BaseModel):
    """A proposal to a clinical coder, never applied by itself."""

    model_config = ConfigDict(frozen=True)

    action: Action = Field(description="What to do with the code.")
    code: str = Field(description="The code to insert or move, or the one to put in place.")
    position: Position = Field(description="Where, seen from the anchor.")
    anchor: str = Field(description="Place of the code beside which or instead of which it goes.")
    text: str = Field(description="The same in words.")


class Finding(BaseModel):
    """One rule broken at one place."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="Code of the rule, as in LV02.")
    name: str = Field(description="Name of the rule, as in levels-not-second.")
    severity: Severity = Field(description="How much it weighs.")
    place: str = Field(description="`procedures[1].code`, `diagnoses[0].code` or `diagnoses`.")
    found: str | None = Field(description="The code as submitted; null where the place is a list.")
    expected: str = Field(description="What would pass, in a coder's words.")
    fix: Fix | None = Field(default=None, description="What would mend it, where that is certain.")


class Source(BaseModel):
    """Where a record stands on Kafka."""

    model_config = ConfigDict(frozen=True)

    topic: str = Field(description="Name of the topic it was read from.")
    partition: int = Field(ge=0, description="Partition of that topic.")
    offset: int = Field(ge=0, description="Offset within that partition.")


class Verdict(BaseModel):
    """The answer to one record."""

    model_config = ConfigDict(frozen=True)

    episode_id: str | None = Field(description="Of the episode; null where unreadable.")
    provider_code: str | None = Field(description="In capitals; null where unreadable.")
    outcome: Outcome = Field(description="What becomes of the record.")
    ruleset: str = Field(default=RULESET, description="Version of the rule set.")
    source: Source | None = Field(default=None, description="On Kafka; null from a file.")
    findings: tuple[Finding, ...] = Field(
        default=(), description="Rules broken, ordered by place and then by rule."
    )
    proposed: tuple[str, ...] | None = Field(
        default=None, description="The procedures with every fix applied; null without any fix."
    )
    rejection: Rejection | None = Field(
        default=None, description="Why the record is no episode; null where it is one."
    )

    @property
    def rules(self) -> tuple[str, ...]:
        """Codes of the rules broken, in the order of the findings, each once."""
        return tuple(dict.fromkeys(finding.rule for finding in self.findings))
