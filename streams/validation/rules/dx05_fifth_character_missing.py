"""DX05: fifth character missing."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import codes
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_FIVE_CHARACTERS: Final = codes("M80 M84 M48 M49 S12 S22 S32")


@rule(
    "DX05",
    severity=Severity.WARNING,
    title="Fifth character missing",
    source=Clause.C5,
    standards=("DChS.XIII", "DCS.XIX.2"),
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
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "S22.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S22.00"),
        ),
        Pair(
            why="the dagger or asterisk mark is not a fifth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.5A"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.58A"),
        ),
        Pair(
            why="secondary diagnoses count as well",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 S32.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 S32.00"),
        ),
        Pair(
            why="for T08 it is the fourth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "T08X"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "T08.0"),
        ),
        Pair(
            why="T08 needs more than three characters",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "T08"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "T08.1"),
        ),
        Pair(
            why="without a fourth character no fifth is required",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M84.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M84"),
        ),
        Pair(
            why="other categories have no fifth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M48.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M47.1"),
        ),
    ),
)
def fifth_character_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Add the character that gives the site, or says whether a fracture is closed or open.

    In chapter XIII the fifth character gives the site.
    In chapter XIX it says whether a fracture is closed or open; for T08 the fourth character does.
    Without it the fracture that was treated cannot be distinguished from any other.
    """
    for diagnosis in sequence.readable_diagnoses:
        code = diagnosis.code
        if code.category in _FIVE_CHARACTERS:
            short = code.fourth.isdigit() and not code.fifth.isdigit()
        else:
            short = code.category == "T08" and not code.fourth.isdigit()
        if short:
            yield Hit(diagnosis, expected="The additional character that the category requires.")
