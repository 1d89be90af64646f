"""LV02: levels of spine not in second place."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.proposal import move_after
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "LV02",
    severity=Severity.ERROR,
    title="Levels of spine not in second place",
    source=Clause.C2,
    standards=("PChSV1 (p. 132)",),
    looks_at="irregular_levels",
    pairs=(
        Pair(
            why="image control before the levels",
            bad=coded("V44.4 Y53.4 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="the levels at the end",
            bad=coded("V44.4 Y53.4 Z66.5 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="second place is counted from each procedure, not from the first",
            bad=coded("V44.4 V55.1 Y53.4 V47.3 Y10.2 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.1 Y10.2 Z66.5"),
        ),
    ),
)
def levels_not_second(sequence: CodedSequence) -> Iterator[Hit]:
    """Sequence the levels directly after the spinal procedure they belong to.

    A V55 code is read as part of the procedure directly before it.
    With image control or a site in between, the levels may be read as part of something else.
    Second place is counted from each spinal procedure, not from the start of the episode.
    """
    for group in sequence.irregular_levels:
        if group.displaced_levels:
            yield Hit(
                group.displaced_levels,
                "The V55 code directly after its procedure, before any other code.",
                edit=move_after(group.displaced_levels, group.main),
            )
