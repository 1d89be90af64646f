"""PX06: procedure code malformed."""

from collections.abc import Iterator
from typing import Final

from schemas.verdict import Severity
from streams.validation.proposal import replace
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_EXPECTED: Final = "An OPCS-4 code: a letter and three digits, with or without the dot."
_SEVERAL: Final = (
    "One OPCS-4 code, a letter and three digits; a second code in an entry of its own."
)


@rule(
    "PX06",
    severity=Severity.ERROR,
    title="Procedure code malformed",
    source=Clause.C1,
    standards=("PRule 4 (p. 21)",),
    looks_at="malformed",
    pairs=(
        Pair(
            why="a local fifth character",
            bad=coded("V44.41 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="not a code at all",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 banana"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1"),
        ),
        Pair(
            why="a comma instead of the dot",
            bad=coded("V44,4 V55.1 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="two codes in one text",
            bad=coded("V444V551 Y53.4 Z66.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
        Pair(
            why="a letter instead of a digit",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5 TZO.1"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5 T20.1"),
        ),
    ),
)
def procedure_malformed(sequence: CodedSequence) -> Iterator[Hit]:
    """Write procedure codes in OPCS-4 format: a letter and three digits.

    A code in any other format cannot be looked up in the classification, grouped or counted.
    It is read by its beginning where it has one, so that only this is reported.
    What cannot be read may be any code, so nothing is reported as missing that it may stand for.
    Characters added for local use, such as a fifth, must be removed before submission.
    """
    for item in sequence.malformed:
        edit = replace(item, item.code.text) if item.code.surplus_character else None
        yield Hit(item, _SEVERAL if item.code.may_hold_more else _EXPECTED, edit)
