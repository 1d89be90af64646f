"""LV01: levels of spine missing."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.proposal import insert
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_EXPECTED: Final = (
    "A V55 code directly after the procedure: check the record first, and use V55.9 only if it "
    "does not state the levels."
)


@rule(
    "LV01",
    severity=Severity.ERROR,
    title="Levels of spine missing",
    source=Clause.C2,
    standards=("PChSV1 (p. 132)",),
    looks_at="without_levels",
    pairs=(
        Pair(
            why="no V55 code at all",
            bad=coded("V44.4 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="each spinal procedure needs its own V55 code",
            bad=coded("V44.4 V55.1 Y53.4 V47.3 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.1 Z66.5"),
        ),
        Pair(
            why="a procedure that is not on the spine needs none",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V38.3"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1"),
        ),
    ),
)
def levels_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code how many levels were treated, for each spinal procedure.

    V44.4 and V44.6 do not say whether one vertebra was treated or several.
    Only a code from V55.- does, so it is assigned each time a spinal operation is coded, and
    again for every further spinal procedure in the episode.
    V55.9 is correct if the case notes do not state the levels; omitting the code is not.
    """
    for group in sequence.without_levels:
        if not (group.unreadable or group.leading.levels):
            yield Hit(group.main, _EXPECTED, edit=insert("V55.9", after=group.main))
