"""DX02: external cause as primary diagnosis."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX02",
    severity=Severity.ERROR,
    title="External cause as primary diagnosis",
    source=Clause.C5,
    standards=("DChS.XX",),
    looks_at="external_causes",
    pairs=(
        Pair(
            why="the cause of an injury is not what was treated",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "W19.0 S32.00"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00 W19.0"),
        ),
        Pair(
            why="chapter XX begins at V",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "V01.0 S32.00"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00 V01.0"),
        ),
        Pair(
            why="chapter XX ends at Y",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "Y98X M80.58"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 Y98X"),
        ),
        Pair(
            why="chapter XX includes X",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "X59.0 S32.00"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00 X59.0"),
        ),
    ),
)
def external_cause_primary(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the injury first and its external cause after it.

    Chapter XX of ICD-10, letters V to Y, classifies how an injury happened.
    Its codes never describe the condition that was treated, so they are always secondary.
    """
    first = sequence.external_causes[0]
    if first is sequence.primary_diagnosis:
        yield Hit(first, "The condition that was treated, with its cause after it.")
