"""DX04: diagnosis code malformed."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX04",
    severity=Severity.ERROR,
    title="Diagnosis code malformed",
    source=Clause.C5,
    looks_at="malformed_diagnoses",
    pairs=(
        Pair(
            why="the letter O instead of a zero",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M8O.58"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
        Pair(
            why="two characters",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M8"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M81"),
        ),
        Pair(
            why="six characters",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M81.988"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M81.98"),
        ),
        Pair(
            why="a dash is not a fourth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M81.-"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M81.98"),
        ),
    ),
)
def diagnosis_malformed(sequence: CodedSequence) -> Iterator[Hit]:
    """Write diagnosis codes in ICD-10 format: a letter, two digits and up to two more characters.

    A dagger or asterisk mark may follow, as a final D or A or as a symbol.
    A code in any other format cannot be looked up in the classification, grouped or counted.
    The most common error is the letter O instead of a zero.
    """
    for diagnosis in sequence.malformed_diagnoses:
        yield Hit(diagnosis, "An ICD-10 code: a letter, two digits and up to two more characters.")
