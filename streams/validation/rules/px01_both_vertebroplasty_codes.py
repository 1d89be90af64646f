"""PX01: both vertebroplasty codes in one operation."""

from collections.abc import Iterator

from schemas.codes import VERTEBROPLASTIES
from schemas.verdict import Severity
from streams.validation.placed import Procedure
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "PX01",
    severity=Severity.WARNING,
    title="Both vertebroplasty codes in one operation",
    source=Clause.C1,
    standards=("PCSV7 (p. 137)",),
    looks_at="repeated",
    pairs=(
        Pair(
            why="both codes in one operation",
            bad=coded("V44.4 V55.1 Y53.4 V44.6 V55.1 Y53.4 Z66.5"),
            good=coded("V44.6 V55.2 Y53.4 Z66.5"),
        ),
        Pair(
            why="two operations may differ",
            bad=coded("V44.6 V55.1 Y53.4 Z66.5 V47.3 V55.1 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.6 V55.1 Y53.4 Z66.5 T20.1 V44.4 V55.1 Y53.4 Z66.5"),
        ),
    ),
)
def both_vertebroplasty_codes(sequence: CodedSequence) -> Iterator[Hit]:
    """Choose between V44.4 and V44.6.

    V44.6 is a vertebroplasty with an intravertebral implant, V44.4 one without.
    The two exclude each other in the tabular list, so one of them is probably wrong.
    Check the case notes: if an implant was used throughout, V44.6 is enough.
    """
    for operation in sequence.operations:
        first: dict[str, Procedure] = {}
        for group in operation:
            if group.main.code.text in VERTEBROPLASTIES:
                first.setdefault(group.main.code.text, group.main)
        if len(first) == len(VERTEBROPLASTIES):
            _, later = first.values()
            yield Hit(later, "Only one of the two codes throughout the operation.")
