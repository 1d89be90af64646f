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
            why="a site that is not on the spine also counts",
            bad=coded("V44.4 V55.1 Z84.6 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z84.6 Z66.5"),
        ),
        Pair(
            why="a second image control code may follow the site",
            bad=coded("V44.4 V55.1 Z66.5 Y53.4 Y53.3"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Y53.3"),
        ),
        Pair(
            why="laterality is not a site",
            bad=coded("V44.4 V55.1 Z66.5 Z94.2 Y53.4"),
            good=coded("V44.4 V55.1 Z94.2 Y53.4 Z66.5"),
        ),
    ),
)
def image_control_after_site(sequence: CodedSequence) -> Iterator[Hit]:
    """Sequence image control before the site.

    The recommendation gives the order: procedure, levels, image control, site.
    The site comes after all codes for the approach.
    An image control code after it can be missed, or be read as part of another procedure.
    """
    for group in sequence.vertebroplasties:
        if group.image_control and group.first_site:
            first = group.image_control[0]
            if first.index > group.first_site.index:
                yield Hit(
                    first,
                    expected="The image control code before the first site of its procedure.",
                    edit=move_before(first, group.first_site),
                )
