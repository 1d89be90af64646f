"""IC01: image control missing."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.proposal import insert
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence, Group, Procedure


@rule(
    "IC01",
    severity=Severity.ERROR,
    title="Image control missing",
    source=Clause.C3,
    pairs=(
        Pair(
            why="no image control code",
            bad=coded("V44.4 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="other chapter Y codes are not image control",
            bad=coded("V44.4 V55.1 Y10.2 Z66.5"),
            good=coded("V44.4 V55.1 Y10.2 Y53.4 Z66.5"),
        ),
        Pair(
            why="Y68 is accepted as well as Y53",
            bad=coded("V44.6 V55.1 Z66.5"),
            good=coded("V44.6 V55.1 Y68.1 Z66.5"),
        ),
        Pair(
            why="each vertebroplasty needs its own code",
            bad=coded("V44.4 V55.1 Y53.4 V44.4 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="other spinal procedures do not need it",
            bad=coded("V44.4 V55.1 Z66.5 V47.1 V55.1 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 V47.1 V55.1"),
        ),
    ),
)
def image_control_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the image control under which the approach was made.

    Cement is injected into a vertebra under imaging, but V44.4 and V44.6 do not state the method.
    A code from Y53.- or Y68.- does, whether or not the approach was percutaneous.
    The fourth character is .9 if the case notes do not state the method.
    The code is repeated for each vertebroplasty in the episode.
    """
    for group in sequence.vertebroplasties:
        if not group.image_control:
            yield Hit(
                group.main,
                expected="A Y53 or Y68 code before the site; Y53.9 if the method is not stated.",
                edit=insert("Y53.9", after=_anchor(group)),
            )


def _anchor(group: Group) -> Procedure:
    """Return the code after which to insert image control.

    This is the last V55 or Y code before the first site, except a V55 code that LV02 moves.
    """
    anchor, displaced = group.main, group.displaced_levels
    for item in group.supplementary:
        if item is group.first_site:
            break
        if item is not displaced and item.code.category.startswith(("V55", "Y")):
            anchor = item
    return anchor
