"""DX07: primary diagnosis of another part of the skeleton."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import DiagnosisCode, codes
from schemas.verdict import Severity
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence

_BY_SITE: Final = codes("M80 M84")
_LIMBS: Final = frozenset("1234567")
"""Fifth characters of the limbs and the pelvis."""

_NONE: Final[frozenset[str]] = frozenset()
_CERVICAL: Final = frozenset({"cervical"})
_THORACIC: Final = frozenset({"thoracic"})
_LUMBAR: Final = frozenset({"lumbar"})
_BY_REGION: Final = codes("M484 M485 M495")
_FIFTH: Final = {
    "2": _CERVICAL,
    "3": _CERVICAL | _THORACIC,
    "4": _THORACIC,
    "5": _THORACIC | _LUMBAR,
    "6": _LUMBAR,
    "7": _LUMBAR,
}
_FRACTURES: Final = {"S12": _CERVICAL, "S220": _THORACIC, "S221": _THORACIC, "S320": _LUMBAR}
_REGIONS: Final = {
    "Z661": "cervical",
    "Z662": "cervical",
    "Z663": "cervical",
    "Z664": "thoracic",
    "Z665": "lumbar",
}


@rule(
    "DX07",
    severity=Severity.WARNING,
    title="Primary diagnosis of another part of the skeleton",
    source=Clause.C5,
    standards=("DChS.XIII", "PCSZ1 (p. 203)"),
    looks_at="primary_diagnosis",
    pairs=(
        Pair(
            why="a thoracic fracture, a lumbar site",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "S22.00 W19.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "S32.00 W19.0"),
        ),
        Pair(
            why="collapse of a lumbar vertebra, a cervical site",
            bad=coded("V44.4 V55.1 Y53.4 Z66.2", "M48.56"),
            good=coded("V44.4 V55.1 Y53.4 Z66.2", "M48.52"),
        ),
        Pair(
            why="one site of its region is enough",
            bad=coded("V44.4 V55.2 Y53.4 Z66.4 Z66.5", "S12.10 W19.0"),
            good=coded("V44.4 V55.2 Y53.4 Z66.4 Z66.5", "S22.00 W19.0"),
        ),
        Pair(
            why="osteoporosis with a fracture of a limb",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.55"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
    ),
)
def diagnosis_site_disagrees(sequence: CodedSequence) -> Iterator[Hit]:
    """Compare the primary diagnosis with the sites of the vertebroplasty.

    The diagnosis names another region of the spine, or a limb or the pelvis.
    The primary diagnosis should be the one for which the procedure was performed.
    Check the case notes to see whether the diagnosis, its last character or the site is wrong.
    """
    primary = sequence.primary_diagnosis
    if primary and _of_a_limb(primary.code):
        yield Hit(primary, "A fifth character of 8, for the vertebral column.")
    elif primary and (regions := _regions(primary.code)):
        sites = {
            site.code.text for group in sequence.vertebroplasties for site in group.serving_sites
        }
        known = {_REGIONS.get(site) for site in sites}
        if known and None not in known and not regions & known:
            yield Hit(primary, "A diagnosis and a site of the same region of the spine.")


def _of_a_limb(code: DiagnosisCode) -> bool:
    """Return whether a diagnosis that gives its site is of a limb or the pelvis."""
    by_site = code.category in _BY_SITE or code.subcategory == "M907"
    return by_site and code.fifth in _LIMBS


def _regions(code: DiagnosisCode) -> frozenset[str]:
    """Return the regions of the spine that a diagnosis may be in; none if it does not say."""
    if code.subcategory in _BY_REGION:
        return _FIFTH.get(code.fifth, _NONE)
    return _FRACTURES.get(code.category) or _FRACTURES.get(code.subcategory, _NONE)
