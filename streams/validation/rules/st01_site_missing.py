"""ST01: site missing."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "ST01",
    severity=Severity.ERROR,
    title="Site missing",
    source=Clause.C4,
    standards=("PCSZ1",),
    pairs=(
        Pair(
            why="no site at all",
            bad=coded("V44.4 V55.1 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="laterality is no site",
            bad=coded("V44.4 V55.1 Y53.4 Z94.2"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z94.2"),
        ),
        Pair(
            why="a later site of the operation serves",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V44.4 V55.1 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="a procedure elsewhere ends the operation",
            bad=coded("V44.4 V55.1 Y53.4 W06.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.1 V55.1 Z66.5"),
        ),
    ),
)
def site_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Name the part of the spine that was treated.

    V44.4 and V44.6 do not say which vertebra was filled, and V55.- only says how many.
    A site code from chapter Z completes the sequence.
    Where several spinal procedures follow each other, one site at the end may serve them all.
    Z94.- gives a side, not a site.
    """
    for group in sequence.vertebroplasties:
        if not group.serving_spinal_sites and not group.serving_other_site:
            yield Hit(group.main, expected="A site of the spine, such as a Z66 code, after it.")
