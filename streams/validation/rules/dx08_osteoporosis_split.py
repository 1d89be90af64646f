"""DX08: osteoporosis and collapsed vertebra coded apart."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX08",
    severity=Severity.WARNING,
    title="Osteoporosis and collapsed vertebra coded apart",
    source=Clause.C5,
    standards=("DChS.XIII",),
    looks_at="osteoporosis",
    pairs=(
        Pair(
            why="M80 is both in one code",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M81.98 M48.56"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
        Pair(
            why="in either order",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M48.56 M81.98"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.98"),
        ),
        Pair(
            why="beside M80 they may be of other vertebrae",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M48.56 M81.08"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M81.98 M48.56"),
        ),
    ),
)
def osteoporosis_split(sequence: CodedSequence) -> Iterator[Hit]:
    """Code osteoporosis with a collapsed vertebra as one code from M80.-.

    M81.- is osteoporosis without a fracture, and a collapsed vertebra is a fracture.
    M80.- classifies the two together.
    Split in two, the episode is not found among the osteoporotic fractures.
    """
    if sequence.collapsed_vertebrae and not sequence.osteoporotic_fractures:
        yield Hit(sequence.osteoporosis[0], "A code from M80 instead of the two.")
