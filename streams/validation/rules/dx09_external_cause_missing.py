"""DX09: external cause of an injury missing."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX09",
    severity=Severity.WARNING,
    title="External cause of an injury missing",
    source=Clause.C5,
    standards=("DChS.XX",),
    looks_at="injuries",
    pairs=(
        Pair(
            why="a fracture without its cause",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00 W19.0"),
        ),
        Pair(
            why="a fracture at an unspecified level",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "T08X0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "T08X0 X59.0"),
        ),
        Pair(
            why="an injury beside an osteoporotic fracture",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 S32.00"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
    ),
)
def external_cause_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Code how an injury happened.

    A code from chapter XX of ICD-10, letters V to Y, follows the injury that it explains.
    None of the diagnoses is one.
    If the fracture was not an injury, it is coded in chapter XIII instead.
    """
    if not sequence.external_causes:
        message = "The external cause after the injury, from chapter XX."
        yield Hit(sequence.injuries[0], message)
