"""LV05: fewer levels of spine than regions treated."""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.codes import codes
from schemas.verdict import Severity
from streams.validation.placed import Procedure
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence, Group

_COUNTED: Final = {"V551": 1, "V552": 2}
_REGIONS: Final = codes("Z661 Z662 Z663 Z664 Z665")
_TWO: Final = 2


@rule(
    "LV05",
    severity=Severity.ERROR,
    title="Fewer levels of spine than regions treated",
    source=Clause.C2,
    standards=("PChSV1 (p. 133)", "PCSZ1 (p. 203)"),
    looks_at="several_sites",
    pairs=(
        Pair(
            why="one level cannot be in two regions",
            bad=coded("V44.4 V55.1 Y53.4 Z66.4 Z66.5"),
            good=coded("V44.4 V55.2 Y53.4 Z66.4 Z66.5"),
        ),
        Pair(
            why="two regions, unlike the same region twice",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 Z66.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z66.5"),
        ),
        Pair(
            why="V55.2 counts as two levels, V55.3 as any number",
            bad=coded("V44.6 V55.2 Y53.4 Z66.3 Z66.4 Z66.5"),
            good=coded("V44.6 V55.3 Y53.4 Z66.3 Z66.4 Z66.5"),
        ),
        Pair(
            why="procedures that share their sites count together",
            bad=coded("V44.4 V55.1 Y53.4 Z66.4 Z66.5 V44.5 V55.1"),
            good=coded("V44.5 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.4 Z66.5"),
        ),
        Pair(
            why="joints and discs are not counted",
            bad=coded("V44.4 V55.1 Y53.4 Z66.4 Z66.5 Z99.3"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z99.3"),
        ),
    ),
)
def levels_fewer_than_sites(sequence: CodedSequence) -> Iterator[Hit]:
    """Compare the number of levels with the regions of the spine coded as sites.

    A vertebra in another region is another level, so there are at least as many levels as regions.
    V55.1 counts as one level and V55.2 as two, added up over the procedures that share the sites.
    Either a site or the number of levels is wrong; check the case notes to see which.
    """
    for operation in sequence.operations:
        served: list[Group] = []
        for group in operation:
            served.append(group)
            if group.spinal_sites:
                yield from _compare(served, group.spinal_sites)
                served = []


def _compare(served: list[Group], sites: Sequence[Procedure]) -> Iterator[Hit]:
    """Compare the levels of groups with the regions of the sites that serve them."""
    vertebroplasties = [group for group in served if group.main.code.vertebroplasty]
    regions = {item.code.text for item in sites} & _REGIONS
    if not vertebroplasties or len(regions) < _TWO:
        return
    levels = 0
    for group in served:
        if group.main.code.spinal:
            if len(group.levels) != 1 or group.levels[0].code.text not in _COUNTED:
                return
            levels += _COUNTED[group.levels[0].code.text]
    if len(regions) > levels:
        expected = f"At least {len(regions)} levels, as the sites are in {len(regions)} regions."
        yield Hit(vertebroplasties[-1].levels[0], expected)
