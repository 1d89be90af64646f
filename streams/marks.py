"""What is marked in an episode's codes for people, on pages and on a terminal."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from schemas.alert import EpisodeRow
from schemas.verdict import Action, Finding, Severity

PROCEDURES: Final = "procedures"
DIAGNOSES: Final = "diagnoses"
_SINGULAR: Final = {PROCEDURES: "procedure", DIAGNOSES: "diagnosis"}


class Coded(Protocol):
    """The codes of an episode and what was found in them: a verdict, or a row of the worklist."""

    @property
    def procedures(self) -> tuple[str, ...] | None:
        """The procedures as shown; None if they were not kept."""

    @property
    def diagnoses(self) -> tuple[str, ...] | None:
        """The diagnoses as shown; None if they were not kept."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""

    @property
    def proposed(self) -> tuple[str, ...] | None:
        """The procedures with every fix applied."""

    @property
    def remaining_errors(self) -> int | None:
        """Number of errors without a fix; None if it was not kept."""


class MarkedCode(NamedTuple):
    """A code, and the findings at it."""

    code: str
    findings: list[Finding]


def field(finding: Finding) -> str:
    """Return the list that a finding is about: `procedures` or `diagnoses`.

    Its place does not say so where the record was in another format.
    """
    return DIAGNOSES if finding.rule.startswith("DX") else PROCEDURES


def mark(name: str, codes: Iterable[str], findings: Collection[Finding]) -> list[MarkedCode]:
    """Return the codes of the list with that name, each with the findings at it."""
    return [
        MarkedCode(code, [each for each in findings if each.at == index and field(each) == name])
        for index, code in enumerate(codes)
    ]


def position(finding: Finding) -> str:
    """Return where a finding is in words, counted from 1: `procedure 3`.

    In a record of another format also its place there: `procedure 3 (PR1[4]-3.1)`.
    """
    if finding.found is None:
        return field(finding)
    index = finding.at
    if index is None:  # of rule set 1, whose places are all of native episodes
        index = int(finding.place.partition("[")[2].partition("]")[0])
    native = finding.place.startswith(field(finding))
    there = "" if native else f" ({finding.place})"
    return f"{_SINGULAR[field(finding)]} {index + 1}{there}"


def new_codes(coded: Coded) -> set[int]:
    """Return the indexes of what is inserted, moved or replaced in the proposed procedures."""
    if coded.procedures is None:
        return set()
    moved = {
        finding.at
        for finding in coded.findings
        if finding.fix and finding.fix.action is Action.MOVE
    }
    staying = ["" if index in moved else code for index, code in enumerate(coded.procedures)]
    return changed(staying, coded.proposed or ())


def changed(before: Sequence[str], after: Sequence[str]) -> set[int]:
    """Return the indexes of what is new or has moved in `after`."""
    longest = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for row in reversed(range(len(before))):
        for column in reversed(range(len(after))):
            longest[row][column] = (
                longest[row + 1][column + 1] + 1
                if before[row] == after[column]
                else max(longest[row + 1][column], longest[row][column + 1])
            )
    new, row = set(), 0
    for column, code in enumerate(after):
        if longest[row][column + 1] == longest[row][column]:
            new.add(column)
        else:
            row = before.index(code, row) + 1
    return new


def remaining(coded: Coded) -> str:
    """Return in words how many errors remain after the proposed procedures."""
    errors = coded.remaining_errors
    if isinstance(coded, EpisodeRow):  # of which some rules may be waived, and old ones not counted
        awaited = coded.awaited_findings
        errors = sum(each.severity is Severity.ERROR and not each.fix for each in awaited)
    if not errors:
        return "corrects all errors"
    return f"{errors:,} error{' remains' if errors == 1 else 's remain'} after it"
