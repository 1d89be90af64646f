"""A rule: a pure function from a sequence to hits, with its documentation."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.codes import CODE_CHARACTERS
from schemas.episode import Episode
from schemas.verdict import Finding, Severity
from streams.validation.placed import Placed
from streams.validation.proposal import Edit
from streams.validation.sequence import CodedSequence


class Clause(StrEnum):
    """The clauses of the coding recommendation for IPG12, paraphrased."""

    C1 = (
        "The procedure is coded V44.4 (vertebroplasty of fracture of spine) or V44.6 "
        "(augmentation vertebroplasty of fracture of spine using intravertebral implant)."
    )
    C2 = (
        "A code from V55.- (levels of spine) is assigned in second place each time a spinal "
        "operation is coded; V55.9 if the levels are not specified."
    )
    C3 = (
        "A code from Y53.- or Y68.- (approach to organ under image control) is assigned whenever "
        "image control was used; its fourth character is .9 if the method is not stated."
    )
    C4 = "A site code from chapter Z is assigned after it."
    C5 = "An ICD-10 code classifies the specific diagnosis for which the procedure was performed."


SITE_CHOICES: Final = "Z66.3 for a cervical vertebra, Z66.4 for a thoracic, Z66.5 for a lumbar one"
"""The sites that a coder chooses from most often."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place at which a rule is broken."""

    at: Placed
    expected: str
    """What would be correct, in a coder's words."""
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """An episode that breaks a rule, and the most similar one that does not."""

    why: str
    bad: Episode
    good: Episode


Check = Callable[[CodedSequence], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it requires, why, and the function that checks it."""

    code: str
    severity: Severity
    title: str
    """The fault in a few words, in sentence case."""
    sources: tuple[Clause, ...]
    standards: tuple[str, ...]
    """The national clinical coding standards it is based on, by reference."""
    pairs: tuple[Pair, ...]
    looks_at: str
    """The attribute of CodedSequence that has to be set: else the rule is not asked."""
    check: Check
    name: str
    """The fault in lower case with hyphens, for example levels-not-second."""

    @property
    def clauses(self) -> str:
        """The clauses that it follows from, by name: `C2` or `C2, C3`."""
        return ", ".join(clause.name for clause in self.sources)

    @property
    def why(self) -> str:
        """Why the standard requires it, written for a clinical coder."""
        return inspect.getdoc(self.check) or ""

    def finding(self, hit: Hit, places: Mapping[str, str]) -> Finding:
        """Return a hit as a finding of a verdict, with its places in the record as it came."""
        place = hit.at.place
        return Finding(
            rule=self.code,
            name=self.name,
            severity=self.severity,
            place=places.get(place, place),
            at=hit.at.at,
            found=hit.at.submitted and hit.at.submitted[:CODE_CHARACTERS],
            expected=hit.expected,
            fix=hit.edit.as_fix(places) if hit.edit else None,
        )


def rule(  # noqa: PLR0913  # what documents a rule, all of it named
    code: str,
    *,
    severity: Severity,
    title: str,
    source: Clause | tuple[Clause, ...],
    pairs: tuple[Pair, ...],
    standards: tuple[str, ...] = (),
    looks_at: str = "procedures",
) -> Callable[[Check], Rule]:
    """Turn a function that yields a hit for each place at fault into a rule.

    The function's name is the rule's name; its docstring says why the standard requires it.
    `looks_at` names an attribute of CodedSequence. Where that is not set the rule is not asked, so
    its function may rely on it.
    """

    def decorate(check: Check) -> Rule:
        sources = (source,) if isinstance(source, Clause) else source
        name = check.__name__.replace("_", "-")
        return Rule(code, severity, title, sources, standards, pairs, looks_at, check, name)

    return decorate


_PRIMARY_DIAGNOSIS: Final = "M80.58"


def coded(procedures: str, diagnoses: str = _PRIMARY_DIAGNOSIS) -> Episode:
    """Return an example episode; codes are separated by spaces."""
    return Episode(
        episode_id="EXAMPLE",
        provider_code="R0A",
        procedures=procedures.split(),
        diagnoses=diagnoses.split(),
    )
