"""DX03: asterisk code as primary diagnosis."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import codes
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_ASTERISK_CATEGORIES: Final = codes("""
    D63 D77 E35 E90 F00 F02 G01 G02 G05 G07 G13 G22 G26 G32 G46 G53 G55 G59 G63 G73 G94 G99
    H03 H06 H13 H19 H22 H28 H32 H36 H42 H45 H48 H58 H62 H67 H75 H82 H94
    I32 I39 I41 I43 I52 I68 I79 I98 J17 J91 J99 K23 K67 K77 K87 K93 L14 L45 L54 L62 L86 L99
    M01 M03 M07 M09 M14 M36 M49 M63 M68 M73 M82 M90 N08 N16 N22 N29 N33 N37 N51 N74 N77 P75
""")


@rule(
    "DX03",
    severity=Severity.ERROR,
    title="Asterisk code as primary diagnosis",
    source=Clause.C5,
    standards=("Dagger and asterisk convention",),
    looks_at="primary_diagnosis",
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
    primary = sequence.primary_diagnosis
    if primary and (primary.code.asterisk or primary.code.category in _ASTERISK_CATEGORIES):
        yield Hit(primary, "The dagger code first, the asterisk code after it.")
