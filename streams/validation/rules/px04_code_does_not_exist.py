"""PX04: code does not exist."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_EXISTING: Final = {"V44": "12345689", "V55": "12389", "Y53": "123456789"}
"""The fourth characters in use, by category."""


@rule(
    "PX04",
    severity=Severity.ERROR,
    title="Code does not exist",
    source=Clause.C1,
    pairs=(
        Pair(
            why="there is no V44.7",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V44.7 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 V44.8 V55.1"),
        ),
        Pair(
            why="there is no V44.0",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 V44.0 V55.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 V44.1 V55.1"),
        ),
        Pair(
            why="levels have no .4",
            bad=coded("V44.4 V55.4 Y53.4 Z66.5"),
            good=coded("V44.4 V55.3 Y53.4 Z66.5"),
        ),
        Pair(
            why="levels have no .7",
            bad=coded("V44.4 V55.7 Y53.4 Z66.5"),
            good=coded("V44.4 V55.8 Y53.4 Z66.5"),
        ),
        Pair(
            why="levels have no .0",
            bad=coded("V44.4 V55.0 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="image control has no .0",
            bad=coded("V44.4 V55.1 Y53.0 Z66.5"),
            good=coded("V44.4 V55.1 Y53.1 Z66.5"),
        ),
    ),
)
def code_does_not_exist(sequence: CodedSequence) -> Iterator[Hit]:
    """Use codes that exist in the classification.

    The category (V44, V55 or Y53) has no code with this fourth character.
    An invalid code is rejected or dropped in later processing, and the episode with it.
    Most often a digit was mistyped.
    """
    for item in sequence.procedures:
        category, fourth = item.code.category, item.code.fourth
        existing = _EXISTING.get(category)
        if existing and fourth and fourth not in existing:
            yield Hit(item, expected=f"{category} with a fourth character of {_either(existing)}.")


def _either(characters: str) -> str:
    """Return characters as a list in words: `1, 2 or 3`."""
    return f"{', '.join(characters[:-1])} or {characters[-1]}"
