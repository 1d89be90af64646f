"""IC03: image control both specified and unspecified."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "IC03",
    severity=Severity.WARNING,
    title="Image control both specified and unspecified",
    source=Clause.C3,
    standards=("PCSY7 (p. 194)",),
    looks_at="several_image_control",
    pairs=(
        Pair(
            why="unspecified next to a stated method",
            bad=coded("V44.4 V55.1 Y53.4 Y53.9 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="across the two categories as well",
            bad=coded("V44.4 V55.1 Y53.9 Y68.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Y68.1 Z66.5"),
        ),
        Pair(
            why="two methods may both have been used",
            bad=coded("V44.4 V55.1 Y53.4 Y68.9 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Y53.3 Z66.5"),
        ),
    ),
)
def image_control_contradictory(sequence: CodedSequence) -> Iterator[Hit]:
    """Check an unspecified image control code next to a different one.

    A fourth character of .9 means that the case notes do not state the method.
    Another image control code of the same procedure contradicts that.
    Usually the unspecified code can be removed.
    """
    for group in sequence.several_image_control:
        if len({item.code.text for item in group.image_control}) > 1:
            for item in group.image_control:
                if item.code.unspecified:
                    yield Hit(item, "Only codes that state the method of image control.")
