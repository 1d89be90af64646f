"""PX02: supplementary code in first place."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "PX02",
    severity=Severity.ERROR,
    title="Supplementary code in first place",
    source=Clause.C1,
    standards=("PRule 7 (p. 25)",),
    looks_at="leading",
    pairs=(
        Pair(
            why="image control first",
            bad=coded("Y53.4 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="levels first",
            bad=coded("V55.1 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="a site first",
            bad=coded("Z66.5 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z66.5"),
        ),
        Pair(
            why="a site in an overflow category first",
            bad=coded("O16.1 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 O16.1"),
        ),
    ),
)
def supplementary_code_first(sequence: CodedSequence) -> Iterator[Hit]:
    """Begin the episode with a procedure, not with a supplementary code.

    Codes from chapters Y and Z, and V55.-, are secondary: they qualify the procedure before them.
    In first place there is nothing for them to qualify.
    The main procedure is then not in first place, where it is expected.
    """
    first = next((item for item in sequence.leading if item.code.category), None)
    if first:
        yield Hit(first, "The main procedure first, and its supplementary codes after it.")
