"""IC02: image control after the site."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.proposal import move_before
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_BEFORE: Final = "The image control code before the first site of its procedure."
_ONCE: Final = "The image control code once, before the site, where it is already."


@rule(
    "IC02",
    severity=Severity.ERROR,
    title="Image control after the site",
    source=Clause.C3,
    standards=("PGCS14 (p. 50)", "PCSY7 (p. 194)"),
    looks_at="late_image_control",
    pairs=(
        Pair(
            why="image control at the end",
            bad=coded("V44.4 V55.1 Z66.5 Y53.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="laterality is a chapter Z code too",
            bad=coded("V44.4 V55.1 Z94.2 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z94.2 Z66.5"),
        ),
        Pair(
            why="a site that is not on the spine also counts",
            bad=coded("V44.4 V55.1 Z84.6 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z84.6 Z66.5"),
        ),
        Pair(
            why="every image control code stands before the site",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 Y53.3"),
            good=coded("V44.4 V55.1 Y53.4 Y53.3 Z66.5"),
        ),
        Pair(
            why="the site of an earlier procedure does not count",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 Y53.3 V47.3 V55.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 V47.3 V55.1 Y53.3 Z66.5"),
        ),
    ),
)
def image_control_after_site(sequence: CodedSequence) -> Iterator[Hit]:
    """Sequence image control before the site.

    The recommendation gives the order: procedure, levels, image control, site.
    Within a procedure, codes of chapter Y stand before those of chapter Z, laterality included.
    An image control code after a site can be missed, or be read as part of another procedure.
    """
    for group in sequence.late_image_control:
        late = {item.at for item in group.late_image_control}
        placed = {item.code.text for item in group.image_control if item.at not in late}
        for item in group.late_image_control:
            edit = None
            if group.first_site and item.code.text not in placed:
                placed.add(item.code.text)
                edit = move_before(item, group.first_site)
            yield Hit(item, _BEFORE if edit else _ONCE, edit)
