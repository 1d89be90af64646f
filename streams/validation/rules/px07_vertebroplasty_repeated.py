"""PX07: vertebroplasty coded more than once in one operation."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import VERTEBROPLASTIES
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_EXPECTED: Final = (
    "One code for the visit, and all its levels in V55; if there were two visits, a date for each."
)


@rule(
    "PX07",
    severity=Severity.WARNING,
    title="Vertebroplasty coded more than once in one operation",
    source=Clause.C1,
    standards=("PChSV1 (p. 133)",),
    looks_at="repeated",
    pairs=(
        Pair(
            why="the same code twice",
            bad=coded("V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.2 Y53.4 Z66.5"),
        ),
        Pair(
            why="even with another procedure in between",
            bad=coded("V44.6 V55.1 Y53.4 V47.3 V55.1 V44.6 V55.1 Y53.4 Z66.5"),
            good=coded("V44.6 V55.2 Y53.4 V47.3 V55.1 Z66.5"),
        ),
        Pair(
            why="two operations may have one each",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1 V44.4 V55.1 Y53.4 Z66.5"),
        ),
    ),
)
def vertebroplasty_repeated(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the vertebroplasties of one visit to theatre once, with the number of levels.

    Several vertebrae treated in one visit are one code, and V55.- says how many.
    The same code twice in an operation counts the procedure twice.
    Two visits in one episode are told apart by the dates of their procedures.
    """
    for operation in sequence.operations:
        seen: set[str] = set()
        for group in operation:
            text = group.main.code.text
            if text in seen:
                yield Hit(group.main, _EXPECTED)
            elif text in VERTEBROPLASTIES:
                seen.add(text)
