"""IC01: image control missing."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.placed import Procedure
from streams.validation.proposal import insert
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence, Group

_EXPECTED: Final = (
    "A Y53 or Y68 code before the site: check the record first, and use Y53.9 only if it does not "
    "state the method; no code is due where imaging only checked a position."
)


@rule(
    "IC01",
    severity=Severity.ERROR,
    title="Image control missing",
    source=Clause.C3,
    standards=("PCSY7 (p. 194)",),
    looks_at="without_image_control",
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
            why="image control of an earlier procedure does not count",
            bad=coded("V47.3 V55.1 Y53.4 V44.4 V55.1 Z66.5"),
            good=coded("V47.3 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="nor does image control of another operation",
            bad=coded("V44.4 V55.1 Z66.5 T20.1 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1"),
        ),
    ),
)
def image_control_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the image control under which the approach was made.

    Cement is injected into a vertebra under imaging, but V44.4 and V44.6 do not state the method.
    A code from Y53.- or Y68.- does, whether or not the approach was percutaneous.
    The fourth character is .9 if the case notes do not state the method.
    No code is due where imaging only checked a position.
    """
    for group in sequence.without_image_control:
        if not (
            group.later_image_control or group.unreadable_from_here or group.leading.image_control
        ):
            yield Hit(group.main, _EXPECTED, edit=insert("Y53.9", after=_anchor(group)))


def _anchor(group: Group) -> Procedure:
    """Return the code after which to insert image control, once LV01 and LV02 are applied.

    This is the last V55 code or method before the first site, except a V55 code that is moved.
    """
    anchor, displaced = group.main, group.displaced_levels
    for item in group.supplementary:
        if item is group.first_site:
            break
        if item is not displaced and (item.code.levels or item.code.method):
            anchor = item
    return anchor
