"""LV03: levels of spine given more than once."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "LV03",
    severity=Severity.ERROR,
    title="Levels of spine given more than once",
    source=Clause.C2,
    standards=("PChSV1",),
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
            why="once for each procedure is right",
            bad=coded("V44.4 V55.1 Y53.4 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5"),
        ),
    ),
)
def levels_repeated(sequence: CodedSequence) -> Iterator[Hit]:
    """Give each spinal procedure one V55 code, and only one.

    The code stands for all the levels of the procedure together.
    A second one adds nothing to the first: it contradicts it, or counts the same levels twice.
    Which of them is right can only be told from the patient's record.
    """
    for group in sequence.spinal_groups:
        for repeated in group.levels[1:]:
            yield Hit(
                repeated,
                expected="One V55 code for the procedure, giving all its levels together.",
            )
