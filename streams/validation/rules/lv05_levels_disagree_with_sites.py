"""LV05: one level of spine, but several vertebrae."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "LV05",
    severity=Severity.WARNING,
    title="One level of spine, but several vertebrae",
    source=Clause.C2,
    standards=("PChSV1", "PCSZ1"),
    pairs=(
        Pair(
            why="two vertebrae are more than one level",
            bad=coded("V44.4 V55.1 Y53.4 Z66.4 Z66.5"),
            good=coded("V44.4 V55.2 Y53.4 Z66.4 Z66.5"),
        ),
        Pair(
            why="the same site twice may be one vertebra",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 Z66.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z66.5"),
        ),
        Pair(
            why="V55.9 states no number of levels",
            bad=coded("V44.6 V55.1 Y53.4 Z66.3 Z66.5"),
            good=coded("V44.6 V55.9 Y53.4 Z66.3 Z66.5"),
        ),
        Pair(
            why="the site of another procedure does not count",
            bad=coded("V44.4 V55.1 Y53.4 Z66.4 Z66.5 V47.1 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.4 V47.1 V55.1 Z66.5"),
        ),
        Pair(
            why="joints and discs are not counted",
            bad=coded("V44.4 V55.1 Y53.4 Z66.3 Z66.4"),
            good=coded("V44.4 V55.1 Y53.4 Z67.5 Z66.4"),
        ),
    ),
)
def levels_disagree_with_sites(sequence: CodedSequence) -> Iterator[Hit]:
    """Compare the number of levels with the vertebrae coded as sites.

    V55.1 says that one level was treated, but the sites are vertebrae in different regions.
    One of the two is probably wrong, and both are counted in national data.
    Check the case notes to see which one is correct.
    """
    for group in sequence.vertebroplasties:
        if len(group.levels) == 1 and group.levels[0].code.text == "V551":
            vertebrae = {
                item.code.text for item in group.supplementary if item.code.category == "Z66"
            }
            if len(vertebrae) > 1:
                yield Hit(
                    group.levels[0],
                    expected="A V55 code for more than one level, or one vertebra as the site.",
                )
