"""What the API answers with, beside the models of the topics."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.alert import Alert, AlertEvent, AlertState, EpisodeRow
from schemas.episode import submitted_codes
from schemas.verdict import Outcome, Severity
from streams.dashboard.read_model import needs_attention
from streams.dashboard.timeline import Bar
from streams.validation.check import check
from streams.validation.rule import Pair, Rule
from streams.validation.rules import RULES

Count = Annotated[int, Field(ge=0)]


class Show(StrEnum):
    """Which alerts are wanted."""

    ATTENTION = "attention"
    """Those with which somebody has something left to do, unless silenced."""
    UNATTENDED = "unattended"
    """Those of them that nobody has acknowledged."""
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    PENDING = "pending"
    RESOLVED = "resolved"
    ALL = "all"

    def wants(self, alert: Alert) -> bool:
        """Tell whether an alert is among them."""
        acknowledged = alert.state is AlertState.ACKNOWLEDGED
        return {
            Show.ATTENTION: needs_attention(alert),
            Show.UNATTENDED: needs_attention(alert) and not acknowledged,
            Show.ACKNOWLEDGED: acknowledged,
            Show.SILENCED: alert.silence is not None,
            Show.PENDING: alert.state is AlertState.PENDING,
            Show.RESOLVED: alert.state is AlertState.RESOLVED,
            Show.ALL: True,
        }[self]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class AlertList(_Answer):
    """Some of the alerts that were asked for."""

    total: Count = Field(description="How many there are in all.")
    alerts: tuple[Alert, ...] = Field(description="Those of this part, the most urgent first.")


class AlertDetail(_Answer):
    """All about one alert."""

    alert: Alert = Field(description="The alert as it stands.")
    history: tuple[AlertEvent, ...] = Field(
        description="Its latest 200 steps, the newest first, each without the alert after it."
    )
    episodes: tuple[EpisodeRow, ...] = Field(
        description="Episodes that await correction because of it, the oldest 50."
    )


class ProviderCount(_Answer):
    """How much a provider has to correct."""

    provider: str = Field(description="ODS code of the provider.")
    episodes: Count = Field(description="Episodes that await correction.")


class Worklist(_Answer):
    """Some of the episodes that a provider has to correct."""

    total: Count = Field(description="How many there are in all.")
    episodes: tuple[EpisodeRow, ...] = Field(description="Those of this part, the oldest first.")


class Counters(_Answer):
    """Numbers of all records."""

    outcomes: dict[Outcome, Count] = Field(description="Records by outcome since the beginning.")
    rules: dict[str, Count] = Field(description="Findings by rule since the beginning.")
    lag: Count = Field(description="Offsets of the input that are not done yet.")
    last_commit_at: AwareDatetime | None = Field(description="When records were done last.")
    alerts_stalled_since: AwareDatetime | None = Field(
        description="Since when nobody keeps the alerts, although there are verdicts; null else."
    )
    complete: bool = Field(description="Whether everything has been read that there was at first.")
    brokers_unreachable_since: AwareDatetime | None = Field(
        description="Since when the brokers do not answer; null where they do."
    )
    span: tuple[Bar, ...] = Field(description="Records by outcome over time, the latest last.")


class Example(_Answer):
    """A sequence that breaks a rule beside the nearest one that does not."""

    why: str = Field(description="What is wrong with the bad one.")
    field: str = Field(description="`procedures` or `diagnoses`: where they differ.")
    bad: tuple[str, ...] = Field(description="Codes that break the rule.")
    at_fault: tuple[int, ...] = Field(description="Which of them are at fault, counted from 0.")
    good: tuple[str, ...] = Field(description="Codes that do not.")
    proposed: tuple[str, ...] | None = Field(description="Procedures that the validator proposes.")


class RuleDetail(_Answer):
    """All about one rule."""

    code: str = Field(description="As in LV02.")
    name: str = Field(description="As in levels-not-second.")
    title: str = Field(description="The fault in a few words.")
    severity: Severity = Field(description="How much a finding of it weighs.")
    why: str = Field(description="Why the standard asks for it.")
    clause: str = Field(description="Clause of the coding recommendation for IPG12, as in C2.")
    source: str = Field(description="That clause, paraphrased.")
    standards: tuple[str, ...] = Field(description="National clinical coding standards behind it.")
    examples: tuple[Example, ...] = Field(description="What breaks it, and what does not.")


@cache
def rule_details() -> dict[str, RuleDetail]:
    """Tell all about each rule, by its code."""
    return {rule.code: _rule_detail(rule) for rule in RULES}


def _rule_detail(rule: Rule) -> RuleDetail:
    return RuleDetail(
        code=rule.code,
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        why=rule.why,
        clause=rule.source.name,
        source=rule.source,
        standards=rule.standards,
        examples=tuple(_example(rule, pair) for pair in rule.pairs),
    )


def _example(rule: Rule, pair: Pair) -> Example:
    verdict = check(pair.bad)
    field, bad, good = "procedures", pair.bad.procedures, pair.good.procedures
    if bad == good:
        field, bad, good = "diagnoses", pair.bad.diagnoses, pair.good.diagnoses
    places = {finding.place for finding in verdict.findings if finding.rule == rule.code}
    return Example(
        why=pair.why,
        field=field,
        bad=submitted_codes(bad),
        at_fault=tuple(index for index in range(len(bad)) if f"{field}[{index}].code" in places),
        good=submitted_codes(good),
        proposed=verdict.proposed,
    )


def of_rule(episodes: Iterable[EpisodeRow], rule: str) -> Iterator[EpisodeRow]:
    """Give the episodes that await correction because of a rule."""
    return (episode for episode in episodes if rule in episode.awaited)
