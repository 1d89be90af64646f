"""ST02: site not on the spine."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import SITE_CHOICES, Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "ST02",
    severity=Severity.ERROR,
    title="Site not on the spine",
    source=Clause.C4,
    standards=("PCSZ1 (p. 203)",),
    looks_at="without_spinal_site",
    pairs=(
        Pair(
            why="a joint of the pelvis",
            bad=coded("V44.4 V55.1 Y53.4 Z84.6"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="the sacrum is part of the spine, the ilium is not",
            bad=coded("V44.4 V55.1 Y53.4 Z75.3"),
            good=coded("V44.4 V55.1 Y53.4 Z75.1"),
        ),
        Pair(
            why="a site in an overflow category",
            bad=coded("V44.6 V55.1 Y53.4 O52.1"),
            good=coded("V44.6 V55.1 Y53.4 Z66.4"),
        ),
        Pair(
            why="allowed together with a site on the spine",
            bad=coded("V44.4 V55.1 Y53.4 Z84.6 Z94.2"),
            good=coded("V44.4 V55.1 Y53.4 Z84.6 Z66.5"),
        ),
        Pair(
            why="a later site in the same operation is enough",
            bad=coded("V44.4 V55.1 Y53.4 Z84.6 V47.3 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z84.6 V47.3 V55.1 Z66.5"),
        ),
    ),
)
def site_not_spinal(sequence: CodedSequence) -> Iterator[Hit]:
    """Code a site on the spine.

    The site of a vertebroplasty is a vertebra: Z66.-, or the sacrum or coccyx from Z75.-.
    A site elsewhere in the body, on its own, contradicts the procedure.
    It may be a typing error, or belong to a procedure that was omitted.
    """
    for group in sequence.without_spinal_site:
        if group.serving_other_site and not (
            group.unreadable_from_here or group.leading.spinal_site
        ):
            yield Hit(group.serving_other_site, f"A site on the spine: {SITE_CHOICES}.")
