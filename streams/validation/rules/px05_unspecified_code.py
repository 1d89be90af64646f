"""PX05: unspecified code."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_CLAUSES: Final = {"V559": "C2", "Y539": "C3", "Y689": "C3", "Z669": "C4"}
"""The clause that allows it."""

_EXPECTED: Final = "Allowed by clause {}; a more specific code if the case notes support one."


@rule(
    "PX05",
    severity=Severity.INFORMATION,
    title="Unspecified code",
    source=(Clause.C2, Clause.C3, Clause.C4),
    looks_at="allowed_unspecified",
    pairs=(
        Pair(
            why="levels",
            bad=coded("V44.4 V55.9 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="approach",
            bad=coded("V44.4 V55.1 Y53.9 Z66.5"),
            good=coded("V44.4 V55.1 Y53.8 Z66.5"),
        ),
        Pair(
            why="ultrasound with contrast",
            bad=coded("V44.4 V55.1 Y68.9 Z66.5"),
            good=coded("V44.4 V55.1 Y68.1 Z66.5"),
        ),
        Pair(
            why="vertebra",
            bad=coded("V44.4 V55.1 Y53.4 Z66.9"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="only in the codes of a vertebroplasty",
            bad=coded("V44.4 V55.9 Y53.4 V47.3 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.9 Z66.5"),
        ),
        Pair(
            why="other codes are not counted",
            bad=coded("V44.4 V55.1 Y53.4 Z66.9 Z67.9"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z67.9"),
        ),
    ),
)
def unspecified_code(sequence: CodedSequence) -> Iterator[Hit]:
    """Use a more specific code if the case notes support one.

    V55.9, Y53.9, Y68.9 and Z66.9 are correct if the case notes do not state more.
    They are still worth counting.
    A department in which they are frequent can ask its clinicians for more detailed case notes.
    """
    for group in sequence.vertebroplasties:
        for item in group.supplementary:
            if clause := _CLAUSES.get(item.code.text):
                yield Hit(item, _EXPECTED.format(clause))
