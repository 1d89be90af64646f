"""Checking an episode: from Episode to Verdict."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple, assert_never

from schemas.codes import read_procedure_code
from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import Rejection
from schemas.verdict import Finding, Outcome, Severity, Verdict
from streams.validation.placed import read_diagnoses, read_procedures
from streams.validation.proposal import propose
from streams.validation.reading import MAX_RECORD_BYTES, read_episode
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields
from streams.validation.reading.out_of_scope import malformed_if_out_of_scope
from streams.validation.rule import Rule
from streams.validation.rules import RULES
from streams.validation.sequence import CodedSequence


class OutOfScopeEpisode(NamedTuple):
    """What matters of an episode out of scope to those who publish no verdict on it."""

    unreadable: int
    """How many procedures may hide a vertebroplasty: malformed ones or, if none was read, all."""
    format: Format = Format.EPISODE


def judge_in_scope(
    value: bytes | None,
    max_bytes: int = MAX_RECORD_BYTES,
    rules: Iterable[Rule] = RULES,
    *,
    key: bytes | None = None,
    hl7: Hl7Fields = HL7_FIELDS,
) -> Verdict | OutOfScopeEpisode:
    """Return the verdict on the value of a record, unless it is an episode out of scope.

    Decides as `judge` does, but reads most of the records out of scope no further than it must.
    """
    if value is not None and len(value) <= max_bytes:
        malformed = malformed_if_out_of_scope(value)
        if malformed is not None:
            return OutOfScopeEpisode(malformed)
    read = read_episode(value, max_bytes, key=key, hl7=hl7)
    verdict = judge_read(read, rules)
    if not isinstance(read, Episode) or verdict.outcome is not Outcome.OUT_OF_SCOPE:
        return verdict
    if not verdict.procedures:
        return OutOfScopeEpisode(read.unread_procedures, read.format)
    malformed = sum(read_procedure_code(code).malformed for code in verdict.procedures)
    return OutOfScopeEpisode(malformed, read.format)


def judge(
    value: bytes | None,
    max_bytes: int = MAX_RECORD_BYTES,
    rules: Iterable[Rule] = RULES,
    *,
    key: bytes | None = None,
    hl7: Hl7Fields = HL7_FIELDS,
) -> Verdict:
    """Return the verdict on the value of a record, whatever its bytes; never raises."""
    return judge_read(read_episode(value, max_bytes, key=key, hl7=hl7), rules)


def judge_read(read: Episode | Withdrawal | Rejection, rules: Iterable[Rule] = RULES) -> Verdict:
    """Return the verdict on a record as it was read."""
    match read:
        case Episode():
            return check(read, rules)
        case Withdrawal():
            return withdraw(read)
        case Rejection():
            return refuse(read)
        case _:
            assert_never(read)


def refuse(rejection: Rejection) -> Verdict:
    """Return the verdict on a record that is not an episode."""
    return Verdict(
        episode_id=rejection.episode_id,
        provider_code=rejection.provider_code,
        outcome=Outcome.DEAD_LETTER,
        rejection=rejection,
    )


def withdraw(withdrawal: Withdrawal) -> Verdict:
    """Return the verdict on an episode that its publisher has taken back."""
    return Verdict(
        episode_id=withdrawal.episode_id,
        provider_code=withdrawal.provider_code,
        outcome=Outcome.WITHDRAWN,
        format=withdrawal.format,
        procedures=(),
        diagnoses=(),
    )


def check(episode: Episode, rules: Iterable[Rule] = RULES) -> Verdict:
    """Return the verdict on an episode; a pure function that never raises.

    A rule has at most one finding at a place, even if two groups break it there.
    """
    procedures, diagnoses = read_procedures(episode), read_diagnoses(episode)
    outcome = Outcome.OUT_OF_SCOPE
    findings: tuple[Finding, ...] = ()
    proposed = remaining_errors = None
    if any(item.code.vertebroplasty for item in procedures):
        sequence = CodedSequence(procedures, diagnoses)
        by_attribute = _RULES_BY_ATTRIBUTE if rules is RULES else _by_attribute(rules)
        hits = {
            (hit.at.order, rule.code): (rule, hit)
            for attribute in vars(sequence)
            for rule in by_attribute.get(attribute, ())
            for hit in rule.check(sequence)
        }
        found = [hits[key] for key in sorted(hits)]
        errors = [hit for rule, hit in found if rule.severity is Severity.ERROR]
        outcome = Outcome.NON_COMPLIANT if errors else Outcome.COMPLIANT
        places = episode.places or {}
        findings = tuple([rule.finding(hit, places) for rule, hit in found])
        if edits := [hit.edit for _, hit in found if hit.edit]:
            proposed = propose(sequence, edits)
            remaining_errors = sum(hit.edit is None for hit in errors)
    return Verdict(
        episode_id=episode.episode_id,
        provider_code=episode.provider_code,
        outcome=outcome,
        format=episode.format,
        procedures=tuple([item.code.shown for item in procedures]),
        diagnoses=tuple([item.code.shown for item in diagnoses]),
        findings=findings,
        proposed=proposed,
        remaining_errors=remaining_errors,
        remarks=episode.remarks,
    )


def _by_attribute(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """Return rules by what they look at."""
    by_attribute = defaultdict(list)
    for rule in rules:
        by_attribute[rule.looks_at].append(rule)
    return dict(by_attribute)


_RULES_BY_ATTRIBUTE: Final = _by_attribute(RULES)
