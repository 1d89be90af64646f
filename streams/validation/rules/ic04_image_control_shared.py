"""IC04: image control coded with a later procedure only."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "IC04",
    severity=Severity.WARNING,
    title="Image control coded with a later procedure only",
    source=Clause.C3,
    standards=("PCSY7 (p. 195)",),
    looks_at="without_image_control",
    pairs=(
        Pair(
            why="a later vertebroplasty has the only code",
            bad=coded("V44.4 V55.1 V44.4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="so has a later biopsy",
            bad=coded("V44.4 V55.1 V47.3 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 V47.3 V55.1 Z66.5"),
        ),
    ),
)
def image_control_shared(sequence: CodedSequence) -> Iterator[Hit]:
    """Repeat image control for each procedure that was done under it.

    Image control is coded directly after the procedure and levels that it belongs to.
    A later procedure of the same operation has it and this vertebroplasty has not.
    It may have been meant for both, so this is not an error.
    """
    for group in sequence.without_image_control:
        if group.later_image_control and not (group.unreadable or group.leading.image_control):
            yield Hit(group.main, "A Y53 or Y68 code of its own, if it was done under imaging.")
