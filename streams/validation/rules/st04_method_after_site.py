"""ST04: method after the site."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_BIOPSY: Final = "Y20"
"""It may have a site of its own."""


@rule(
    "ST04",
    severity=Severity.WARNING,
    title="Method after the site",
    source=Clause.C4,
    standards=("PGCS14 (p. 50)",),
    looks_at="late_methods",
    pairs=(
        Pair(
            why="anaesthetic at the end",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 Y84.2"),
            good=coded("V44.4 V55.1 Y53.4 Y84.2 Z66.5"),
        ),
        Pair(
            why="laterality is a chapter Z code too",
            bad=coded("V44.4 V55.1 Y53.4 Z94.2 Y10.2 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Y10.2 Z94.2 Z66.5"),
        ),
        Pair(
            why="a method in an overflow category",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 O44.1"),
            good=coded("V44.4 V55.1 O44.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="only a biopsy, Y20, may follow the site and have a site of its own",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 Y21.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 Y20.1 Z84.6"),
        ),
    ),
)
def method_after_site(sequence: CodedSequence) -> Iterator[Hit]:
    """Sequence the method before the site.

    Within a procedure, codes of chapter Y stand before those of chapter Z.
    A method after the site can be read as part of another procedure.
    Nothing is counted wrongly because of it, so this is not an error; IC02 covers image control.
    """
    for group in sequence.late_methods:
        for item in group.late_methods:
            if item.code.category != _BIOPSY:
                yield Hit(item, "The method before the first site of its procedure.")
