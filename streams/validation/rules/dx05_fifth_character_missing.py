"""DX05: fifth character missing."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import INJURIES
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_REGION: Final = "A fifth character for the region: 2 for cervical, 4 for thoracic, 6 for lumbar."
_SITE: Final = "A fifth character for the site: 8 for the vertebral column."
_OPEN: Final = "A fifth character for the fracture: 0 for closed, 1 for open."
_EXPECTED: Final = {
    **dict.fromkeys(INJURIES, _OPEN),
    "M48": _REGION,
    "M49": _REGION,
    "M80": _SITE,
    "M84": _SITE,
}


@rule(
    "DX05",
    severity=Severity.WARNING,
    title="Fifth character missing",
    source=Clause.C5,
    standards=("DChS.XIII", "DCS.XIX.2"),
    looks_at="without_fifth_character",
    pairs=(
        Pair(
            why="chapter XIII: the site",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
        Pair(
            why="a dash is not a fifth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.5-"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
        Pair(
            why="chapter XIX: closed or open",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.0 W19.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00 W19.0"),
        ),
        Pair(
            why="the dagger or asterisk mark is not a fifth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.5A"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.56A"),
        ),
        Pair(
            why="secondary diagnoses count as well",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M84.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M84.48"),
        ),
        Pair(
            why="for T08 it may be the fourth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "T08X W19.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "T08X0 W19.0"),
        ),
        Pair(
            why="three characters lack it too",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
    ),
)
def fifth_character_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Add the character that gives the site, or says whether a fracture is closed or open.

    In chapter XIII the fifth character gives the site.
    In chapter XIX it says whether a fracture is closed or open; for T08 the fourth may do so.
    Without it the fracture that was treated cannot be distinguished from any other.
    """
    for diagnosis in sequence.without_fifth_character:
        yield Hit(diagnosis, _EXPECTED[diagnosis.code.category])
