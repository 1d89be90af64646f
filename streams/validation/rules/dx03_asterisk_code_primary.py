"""DX03: asterisk code as primary diagnosis."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX03",
    severity=Severity.ERROR,
    title="Asterisk code as primary diagnosis",
    source=Clause.C5,
    standards=("Dagger and asterisk convention",),
    looks_at="asterisk_codes",
    pairs=(
        Pair(
            why="marked as an asterisk code",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M49.56A C79.5D"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.56A"),
        ),
        Pair(
            why="an asterisk category, even without the mark",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M49.56 C79.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5 M49.56"),
        ),
        Pair(
            why="the mark counts, whatever the category",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58A C79.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5 M80.58"),
        ),
    ),
)
def asterisk_code_primary(sequence: CodedSequence) -> Iterator[Hit]:
    """Code the underlying disease before its manifestation.

    A dagger code classifies the underlying disease, an asterisk code its manifestation.
    The two are assigned as a pair, and the dagger code always comes first.
    For example, if a vertebra collapsed because of a tumour, the tumour comes first.
    """
    first = sequence.asterisk_codes[0]
    if first is sequence.primary_diagnosis:
        yield Hit(first, "The dagger code first, the asterisk code after it.")
