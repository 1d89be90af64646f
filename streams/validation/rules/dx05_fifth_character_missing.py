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
            why="the site in chapter XIII",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
        Pair(
            why="a dash says nothing",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.5-"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
        Pair(
            why="open or closed in chapter XIX",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "S22.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S22.00"),
        ),
        Pair(
            why="the mark is no fifth character",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.5A"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5D M49.58A"),
        ),
        Pair(
            why="secondary diagnoses count as well",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 S32.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 S32.00"),
        ),
        Pair(
            why="T08 has it in fourth place",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "T08X"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "T08.0"),
        ),
        Pair(
            why="three characters of T08 are too few",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "T08"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "T08.1"),
        ),
        Pair(
            why="without a fourth there is no fifth",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M84.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 M84"),
        ),
        Pair(
            why="other categories have none",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M48.5"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M47.1"),
        ),
    ),
)
def fifth_character_missing(sequence: CodedSequence) -> Iterator[Hit]:
    """Add the character that gives the site, or tells an open fracture from a closed one.

    In chapter XIII a fifth character names the part of the body.
    In chapter XIX it says whether a fracture is closed or open; for T08 it stands in fourth place.
    Without it the vertebral fracture that was treated cannot be told from any other.
    """
    for diagnosis in sequence.readable_diagnoses:
        code = diagnosis.code
        if code.category in _FIVE_CHARACTERS:
            short = code.fourth.isdigit() and not code.fifth.isdigit()
        else:
            short = code.category == "T08" and not code.fourth.isdigit()
        if short:
            yield Hit(diagnosis, expected="The further character that the category calls for.")
