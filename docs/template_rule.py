"""ZZ01: the same procedure code twice in a row.

A template: CONTRIBUTING.md says how a copy of it becomes a rule. A test holds it against the laws.
"""

from collections.abc import Iterator
from itertools import pairwise

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "ZZ01",
    severity=Severity.WARNING,
    title="Procedure code twice in a row",
    source=Clause.C3,
    standards=(),
    pairs=(
        Pair(
            why="the image control is coded twice",
            bad=coded("V44.4 V55.1 Y53.4 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
    ),
)
def code_repeated_in_a_row(sequence: CodedSequence) -> Iterator[Hit]:
    """Assign a code once where it describes one thing.

    The same code twice in a row is most often entered by mistake.
    Two procedures that are alike each have their own levels, image control and site in between.
    """
    for before, procedure in pairwise(sequence.procedures):
        if procedure.code == before.code:
            yield Hit(procedure, expected="Each code once, unless a procedure was done twice.")
