"""PX03: fourth character missing."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import codes
from schemas.verdict import Severity
from streams.validation.proposal import replace
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_MAY_BE_UNSPECIFIED: Final = codes("V55 Y53 Y68")


@rule(
    "PX03",
    severity=Severity.ERROR,
    title="Fourth character missing",
    source=Clause.C1,
    standards=("PRule 4 (p. 21)",),
    looks_at="invalid",
    pairs=(
        Pair(
            why="V44 may be vertebroplasty or another procedure",
            bad=coded("V44 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="levels", bad=coded("V44.4 V55 Y53.4 Z66.5"), good=coded("V44.4 V55.1 Y53.4 Z66.5")
        ),
        Pair(
            why="approach",
            bad=coded("V44.4 V55.1 Y53 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="ultrasound with contrast",
            bad=coded("V44.4 V55.1 Y68 Z66.5"),
            good=coded("V44.4 V55.1 Y68.1 Z66.5"),
        ),
        Pair(
            why="vertebra",
            bad=coded("V44.4 V55.1 Y53.4 Z66"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="anywhere in the episode",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 T20"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1"),
        ),
    ),
)
def fourth_character_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code to the fourth character.

    Only codes of four characters are valid, so three are not a complete code.
    For levels and image control, .9 is correct if the case notes do not state more.
    For any other category, check the case notes to see which code is correct.
    """
    for item in sequence.invalid:
        category = item.code.category
        if not item.code.fourth:
            edit = replace(item, f"{category}.9") if category in _MAY_BE_UNSPECIFIED else None
            yield Hit(item, "All four characters of the code.", edit)
