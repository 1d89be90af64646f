"""Response models of the API, in addition to the models of the topics."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import AwareDatetime, Field

from schemas.alert import Alert, AlertEvent, AlertState, EpisodeRow
from schemas.frozen import Frozen
from schemas.verdict import Outcome, Severity
from streams.dashboard.read_model import needs_attention
from streams.dashboard.timeline import Bar
from streams.marks import DIAGNOSES, PROCEDURES, mark
from streams.validation.check import check
from streams.validation.rule import Pair, Rule
from streams.validation.rules import RULES

Count = Annotated[int, Field(ge=0)]


class AlertView(StrEnum):
    """`attention`: active and not silenced; `unattended`: of these, not acknowledged."""

    ATTENTION = "attention"
    UNATTENDED = "unattended"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    PENDING = "pending"
    RESOLVED = "resolved"
    ALL = "all"

    def includes(self, alert: Alert) -> bool:
        """Return whether the view shows an alert."""
        acknowledged = alert.state is AlertState.ACKNOWLEDGED
        return {
            AlertView.ATTENTION: needs_attention(alert),
            AlertView.UNATTENDED: needs_attention(alert) and not acknowledged,
            AlertView.ACKNOWLEDGED: acknowledged,
            AlertView.SILENCED: alert.silence is not None,
            AlertView.PENDING: alert.state is AlertState.PENDING,
            AlertView.RESOLVED: alert.state is AlertState.RESOLVED,
            AlertView.ALL: True,
        }[self]


class AlertList(Frozen):
    """One page of the alerts that match the request."""

    total: Count = Field(description="Number of matching alerts, on all pages.")
    alerts: tuple[Alert, ...] = Field(description="Alerts on this page, the most urgent first.")


class AlertDetail(Frozen):
    """One alert with its history and the episodes to correct."""

    alert: Alert = Field(description="The current state of the alert.")
    history: tuple[AlertEvent, ...] = Field(
        description="Its latest 200 events, the newest first; `alert` is null in each of them."
    )
    episodes: tuple[EpisodeRow, ...] = Field(
        description="Episodes to correct because of this alert: the oldest 50, the oldest first."
    )


class ProviderCount(Frozen):
    """Number of episodes that one provider has to correct."""

    provider: str = Field(description="ODS code of the provider.")
    episodes: Count = Field(description="Number of episodes with errors to correct.")


class Worklist(Frozen):
    """One page of the episodes that a provider has to correct."""

    total: Count = Field(description="Number of matching episodes, on all pages.")
    episodes: tuple[EpisodeRow, ...] = Field(description="Episodes on this page, the oldest first.")


class Counters(Frozen):
    """Counts of all records and findings, and how up to date they are."""

    outcomes: dict[Outcome, Count] = Field(description="Number of records by outcome, in total.")
    rules: dict[str, Count] = Field(description="Number of findings by rule, in total.")
    lag: Count = Field(description="Number of input offsets that are not processed yet.")
    last_commit_at: AwareDatetime | None = Field(description="Time of the worker's last commit.")
    alerts_stalled_since: AwareDatetime | None = Field(
        description="When the alerts stopped following the verdicts; null while they follow."
    )
    complete: bool = Field(description="Whether every topic has been read to its end once.")
    brokers_unreachable_since: AwareDatetime | None = Field(
        description="When the brokers stopped answering; null while they answer."
    )
    span: tuple[Bar, ...] = Field(
        description="Records by outcome in each interval, the latest last."
    )


class Example(Frozen):
    """A sequence that breaks a rule, and the most similar one that does not."""

    why: str = Field(description="What is wrong with the sequence that breaks the rule.")
    field: str = Field(description="Codes in which the two differ: `procedures` or `diagnoses`.")
    bad: tuple[str, ...] = Field(description="Codes of the sequence that breaks the rule.")
    at_fault: tuple[int, ...] = Field(description="Indexes in `bad` of the codes at fault, from 0.")
    good: tuple[str, ...] = Field(description="Codes of the sequence that does not break the rule.")
    proposed: tuple[str, ...] | None = Field(description="Procedure codes proposed; null if none.")


class RuleDetail(Frozen):
    """One rule, with its reason, sources and examples."""

    code: str = Field(description="Code of the rule, for example LV02.")
    name: str = Field(description="Name of the rule, for example levels-not-second.")
    title: str = Field(description="Short description of what breaks the rule.")
    severity: Severity = Field(description="Severity of a finding of the rule.")
    why: str = Field(description="Why the coding standard requires it.")
    clause: str = Field(description="Clause of the IPG12 coding recommendation, for example C2.")
    source: str = Field(description="Paraphrase of that clause.")
    standards: tuple[str, ...] = Field(description="National clinical coding standards applied.")
    examples: tuple[Example, ...] = Field(description="Pairs of a wrong and a correct sequence.")


@cache
def rule_details() -> dict[str, RuleDetail]:
    """Return the details of every rule, by code."""
    return {rule.code: _rule_detail(rule) for rule in RULES}


def _rule_detail(rule: Rule) -> RuleDetail:
    return RuleDetail(
        code=rule.code,
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        why=rule.why,
        clause=rule.clauses,
        source=" ".join(rule.sources),
        standards=rule.standards,
        examples=tuple(_example(rule, pair) for pair in rule.pairs),
    )


def _example(rule: Rule, pair: Pair) -> Example:
    verdict, corrected = check(pair.bad), check(pair.good)
    name, bad, good = PROCEDURES, verdict.procedures, corrected.procedures
    if bad == good:
        name, bad, good = DIAGNOSES, verdict.diagnoses, corrected.diagnoses
    faults = [finding for finding in verdict.findings if finding.rule == rule.code]
    marked = enumerate(mark(name, bad or (), faults))
    return Example(
        why=pair.why,
        field=name,
        bad=bad or (),
        at_fault=tuple(index for index, each in marked if each.findings),
        good=good or (),
        proposed=verdict.proposed,
    )


def episodes_of_rule(episodes: Iterable[EpisodeRow], rule: str) -> Iterator[EpisodeRow]:
    """Return the episodes to correct because of a rule."""
    return (episode for episode in episodes if rule in episode.awaited)
