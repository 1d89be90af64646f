"""PX04: code does not exist."""

from collections.abc import Iterator

from schemas.codes import FOURTH_CHARACTERS
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "PX04",
    severity=Severity.ERROR,
    title="Code does not exist",
    source=Clause.C1,
    standards=("PRule 4 (p. 21)",),
    looks_at="invalid",
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
            why="image control has no .0",
            bad=coded("V44.4 V55.1 Y53.0 Z66.5"),
            good=coded("V44.4 V55.1 Y53.1 Z66.5"),
        ),
        Pair(
            why="vertebrae have no .6",
            bad=coded("V44.4 V55.1 Y53.4 Z66.6"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5"),
        ),
    ),
)
def code_does_not_exist(sequence: CodedSequence) -> Iterator[Hit]:
    """Use codes that exist in the classification.

    The category (V44, V55, Y53 or Z66) has no code with this fourth character.
    An invalid code is rejected or dropped in later processing, and the episode with it.
    Most often a digit was mistyped.
    """
    for item in sequence.invalid:
        code = item.code
        if code.fourth:
            existing = FOURTH_CHARACTERS[code.category]
            choices = f"{', '.join(existing[:-1])} or {existing[-1]}"
            yield Hit(item, f"{code.category} with a fourth character of {choices}.")
