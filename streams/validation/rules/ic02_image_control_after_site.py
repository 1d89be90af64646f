"""IC02: image control after the site."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.proposal import move_before
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "IC02",
    severity=Severity.ERROR,
    title="Image control after the site",
    source=Clause.C3,
    pairs=(
        Pair(
            why="image control at the end",
            bad=coded("V44.4 V55.1 Z66.5 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="a site elsewhere than on the spine counts too",
            bad=coded("V44.4 V55.1 Z84.6 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z84.6 Z66.5"),
        ),
        Pair(
            why="a second code of image control may follow",
            bad=coded("V44.4 V55.1 Z66.5 Y53.4 Y53.3"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Y53.3"),
        ),
        Pair(
            why="laterality is no site",
            bad=coded("V44.4 V55.1 Z66.5 Z94.2 Y53.4"),
            good=coded("V44.4 V55.1 Z94.2 Y53.4 Z66.5"),
        ),
    ),
)
def image_control_after_site(sequence: CodedSequence) -> Iterator[Hit]:
    """Put image control before the site.

    The recommendation gives an order: procedure, levels, image control, and then the site.
    A site closes what is said about the approach.
    Image control that follows it can be taken for that of another procedure, or be missed.
    """
    for group in sequence.vertebroplasties:
        if group.image_control and group.first_site:
            first = group.image_control[0]
            if first.index > group.first_site.index:
                yield Hit(
                    first,
                    expected="The image control before the first site of its procedure.",
                    edit=move_before(first, group.first_site),
                )
