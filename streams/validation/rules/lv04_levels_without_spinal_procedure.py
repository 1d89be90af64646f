"""LV04: levels of spine without a spinal procedure."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "LV04",
    severity=Severity.WARNING,
    title="Levels of spine without a spinal procedure",
    source=Clause.C2,
    standards=("PChSV1 (p. 132)", "PRule 7 (p. 25)"),
    looks_at="stray_levels",
    pairs=(
        Pair(
            why="a procedure that is not on the spine has no levels",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1"),
        ),
        Pair(
            why="levels belong to a spinal procedure",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V53.1 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 V47.3 V55.1"),
        ),
    ),
)
def levels_without_spinal_procedure(sequence: CodedSequence) -> Iterator[Hit]:
    """Check a V55 code that does not follow a spinal procedure.

    Levels of spine qualify the spinal procedure before them.
    After a procedure that is not on the spine, or before any procedure, they qualify nothing.
    Often a spinal procedure was omitted, or the order of the codes was changed in transfer.
    """
    first = next(item for item in sequence.procedures if item.code.category)
    for levels in sequence.stray_levels:
        if levels is not first:  # which PX02 reports
            yield Hit(levels, "A V55 code only after a procedure on the spine.")
