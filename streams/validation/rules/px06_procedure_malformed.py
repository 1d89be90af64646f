"""PX06: procedure code malformed."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "PX06",
    severity=Severity.ERROR,
    title="Procedure code malformed",
    source=Clause.C1,
    pairs=(
        Pair(
            why="a local fifth character",
            bad=coded("V44.41 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="not a code at all",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 banana"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 W06.1"),
        ),
        Pair(
            why="two characters",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 W0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 W06"),
        ),
        Pair(
            why="a letter instead of a digit",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 WO6.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 W06.1"),
        ),
    ),
)
def procedure_malformed(sequence: CodedSequence) -> Iterator[Hit]:
    """Write procedure codes in OPCS-4 format: a letter, two digits and a fourth digit.

    A code in any other format cannot be looked up in the classification, grouped or counted.
    Characters added for local use, such as a fifth, must be removed before submission.
    """
    for item in sequence.procedures:
        if item.code.malformed:
            yield Hit(item, expected="An OPCS-4 code: a letter, two digits and a fourth digit.")
