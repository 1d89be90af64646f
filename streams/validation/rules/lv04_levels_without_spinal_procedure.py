"""LV04: levels of spine without a spinal procedure."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_EXPECTED: Final = "A V55 code only after a procedure on the spine."


@rule(
    "LV04",
    severity=Severity.WARNING,
    title="Levels of spine without a spinal procedure",
    source=Clause.C2,
    standards=("PChSV1", "PRule 7"),
    pairs=(
        Pair(
            why="a procedure that is not on the spine has no levels",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 W06.1 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 W06.1"),
        ),
        Pair(
            why="levels belong to a spinal procedure",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V53.1 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 V47.1 V55.1"),
        ),
    ),
)
def levels_without_spinal_procedure(sequence: CodedSequence) -> Iterator[Hit]:
    """Check a V55 code that does not follow a spinal procedure.

    Levels of spine qualify the spinal procedure before them.
    After a procedure that is not on the spine, or before any procedure, they qualify nothing.
    Often a spinal procedure was omitted, or the order of the codes was changed in transfer.
    """
    for levels in sequence.unattached[1:]:
        if levels.code.levels:
            yield Hit(levels, expected=_EXPECTED)
    for group in sequence.groups:
        if not group.main.code.spinal:
            for levels in group.levels:
                yield Hit(levels, expected=_EXPECTED)
