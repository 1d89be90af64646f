"""ST03: site is a joint or disc, not a vertebra."""

from collections.abc import Iterator

from schemas.codes import JOINTS_AND_DISCS
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "ST03",
    severity=Severity.WARNING,
    title="Site is a joint or disc, not a vertebra",
    source=Clause.C4,
    standards=("PCSZ1 (p. 203)",),
    looks_at="joints_and_discs",
    pairs=(
        Pair(
            why="a disc",
            bad=coded("V44.4 V55.1 Y53.4 Z99.3"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="a joint",
            bad=coded("V44.4 V55.1 Y53.4 Z67.6"),
            good=coded("V44.4 V55.1 Y53.4 Z67.6 Z66.5"),
        ),
        Pair(
            why="only the nearest sites apply",
            bad=coded("V44.4 V55.1 Y53.4 Z67.6 V47.3 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.1 Z66.5 V47.3 V55.1 Z67.6"),
        ),
        Pair(
            why="the sacrum is bone",
            bad=coded("V44.4 V55.1 Y53.4 Z99.3 Z67.6"),
            good=coded("V44.4 V55.1 Y53.4 Z99.3 Z75.1"),
        ),
    ),
)
def site_not_a_vertebra(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the vertebra that was treated, not the joint or disc next to it.

    Cement is injected into the body of a vertebra, which Z66.- classifies.
    Z67.- and Z99.- classify the joints and discs between vertebrae.
    They are sites on the spine and therefore allowed, but Z66.- says what was treated.
    """
    for group in sequence.vertebroplasties:
        sites = group.serving_sites
        if sites and all(site.code.category in JOINTS_AND_DISCS for site in sites):
            yield Hit(sites[0], "A site that is a vertebra, from Z66 or Z75.")
