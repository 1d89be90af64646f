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
    pairs=(
        Pair(
            why="unspecified beside a method",
            bad=coded("V44.4 V55.1 Y53.4 Y53.9 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="also across the two categories",
            bad=coded("V44.4 V55.1 Y53.9 Y68.1 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Y68.1 Z66.5"),
        ),
        Pair(
            why="unspecified twice is no contradiction",
            bad=coded("V44.4 V55.1 Y53.9 Y68.9 Z66.5"),
            good=coded("V44.4 V55.1 Y53.9 Y53.9 Z66.5"),
        ),
        Pair(
            why="two methods may both have been used",
            bad=coded("V44.4 V55.1 Y53.4 Y68.9 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Y53.3 Z66.5"),
        ),
    ),
)
def image_control_contradictory(sequence: CodedSequence) -> Iterator[Hit]:
    """Look at an unspecified image control that stands beside another.

    A fourth character of .9 says that the record does not state the method.
    Another code of the same procedure states one: so one of the two says too little or too much.
    As a rule the unspecified code can go.
    """
    for group in sequence.vertebroplasties:
        if len({item.code.text for item in group.image_control}) > 1:
            for item in group.image_control:
                if item.code.unspecified:
                    yield Hit(item, expected="Only codes that state the method of image control.")
