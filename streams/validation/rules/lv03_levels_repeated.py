"""LV03: levels of spine coded more than once."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "LV03",
    severity=Severity.ERROR,
    title="Levels of spine coded more than once",
    source=Clause.C2,
    standards=("PChSV1 (p. 133)",),
    looks_at="irregular_levels",
    pairs=(
        Pair(
            why="two numbers of levels for one procedure",
            bad=coded("V44.4 V55.1 V55.2 Y53.4 Z66.5"),
            good=coded("V44.4 V55.2 Y53.4 Z66.5"),
        ),
        Pair(
            why="even the same number twice",
            bad=coded("V44.4 V55.1 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="one for each procedure is correct",
            bad=coded("V44.4 V55.1 Y53.4 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.1 Z66.5"),
        ),
    ),
)
def levels_repeated(sequence: CodedSequence) -> Iterator[Hit]:
    """Assign one V55 code to each spinal procedure, and only one.

    The code covers all the levels of the procedure together.
    A second V55 code either contradicts the first or counts the same levels twice.
    Check the case notes to see which one is correct.
    """
    for group in sequence.irregular_levels:
        for repeated in group.levels[1:]:
            yield Hit(repeated, "One V55 code for the procedure, covering all its levels.")
