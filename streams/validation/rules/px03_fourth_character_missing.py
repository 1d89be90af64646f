"""PX03: fourth character missing."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.proposal import replace
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_MAY_BE_UNSPECIFIED: Final = frozenset({"V55", "Y53", "Y68"})
_DIVIDED: Final = _MAY_BE_UNSPECIFIED | {"V44", "Z66", "Z67", "Z99"}


@rule(
    "PX03",
    severity=Severity.ERROR,
    title="Fourth character missing",
    source=Clause.C1,
    pairs=(
        Pair(
            why="V44 may be vertebroplasty or another procedure",
            bad=coded("V44 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="levels", bad=coded("V44.4 V55 Y53.4 Z66.5"), good=coded("V44.4 V55.9 Y53.4 Z66.5")
        ),
        Pair(
            why="approach",
            bad=coded("V44.4 V55.1 Y53 Z66.5"),
            good=coded("V44.4 V55.1 Y53.9 Z66.5"),
        ),
        Pair(
            why="ultrasound with contrast",
            bad=coded("V44.4 V55.1 Y68 Z66.5"),
            good=coded("V44.4 V55.1 Y68.9 Z66.5"),
        ),
        Pair(
            why="vertebra",
            bad=coded("V44.4 V55.1 Y53.4 Z66"),
            good=coded("V44.4 V55.1 Y53.4 Z66.9"),
        ),
        Pair(
            why="joint", bad=coded("V44.4 V55.1 Y53.4 Z67"), good=coded("V44.4 V55.1 Y53.4 Z67.5")
        ),
        Pair(why="disc", bad=coded("V44.4 V55.1 Y53.4 Z99"), good=coded("V44.4 V55.1 Y53.4 Z99.2")),
        Pair(
            why="anywhere in the episode",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 W06.1 Z66"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 W06.1 Z66.3"),
        ),
    ),
)
def fourth_character_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code to the fourth character.

    These categories are subdivided, so three characters are not a complete code.
    For levels and image control, .9 is correct if the case notes do not state more.
    For V44 and the sites, check the case notes to see which code is correct.
    """
    for item in sequence.procedures:
        category = item.code.category
        if category in _DIVIDED and not item.code.fourth:
            yield Hit(
                item,
                expected="All four characters of the code.",
                edit=replace(item, f"{category}.9") if category in _MAY_BE_UNSPECIFIED else None,
            )
