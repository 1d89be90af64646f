"""ST01: site missing."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import SITE_CHOICES, Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "ST01",
    severity=Severity.ERROR,
    title="Site missing",
    source=Clause.C4,
    standards=("PCSZ1 (p. 203)",),
    looks_at="without_spinal_site",
    pairs=(
        Pair(
            why="no site at all",
            bad=coded("V44.4 V55.1 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="laterality is not a site",
            bad=coded("V44.4 V55.1 Y53.4 Z94.2"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Z94.2"),
        ),
        Pair(
            why="a later site in the same operation is enough",
            bad=coded("V47.3 V55.1 Z66.5 V44.4 V55.1 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.1 Z66.5"),
        ),
        Pair(
            why="a procedure that is not on the spine ends the operation",
            bad=coded("V44.4 V55.1 Y53.4 T20.1 V47.3 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 W36.5 Z66.5"),
        ),
    ),
)
def site_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the part of the spine that was treated.

    V44.4 and V44.6 do not say which vertebra was treated, and V55.- only says how many.
    A site code from chapter Z completes the sequence.
    If several spinal procedures follow each other, one site at the end may apply to all of them.
    Z94.- gives laterality, not a site.
    """
    for group in sequence.without_spinal_site:
        if not (
            group.serving_other_site or group.unreadable_from_here or group.leading.spinal_site
        ):
            yield Hit(group.main, f"A site on the spine after it: {SITE_CHOICES}.")
