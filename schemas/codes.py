"""Clinical codes: how OPCS-4 and ICD-10 codes are normalised, recognised and shown."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

CODE_CHARACTERS: Final = 16
"""Maximum length of a code in an episode, in characters."""

KNOWN_CODES: Final = 32_768
"""Number of spellings cached; OPCS-4 and ICD-10 together have about 25,000 codes."""


def codes(listed: str) -> frozenset[str]:
    """Read normalised codes or categories separated by whitespace."""
    return frozenset(listed.split())


LEVELS_OF_SPINE: Final = "V55"
IMAGE_CONTROL: Final = frozenset({"Y53", "Y68"})
SITES_IN_CHAPTER_O: Final = codes("O11 O12 O13 O14 O16 O28 O30 O31 O33 O34 O36 O43 O45")
SPINAL_SITE_CATEGORIES: Final = frozenset({"Z66", "Z67", "Z99"})
SPINAL_SITE_SACRUM: Final = frozenset({"Z75", "Z751", "Z752", "Z757"})
LATERALITY: Final = "Z94"
SPINAL_CATEGORIES: Final = frozenset(
    f"V{number}" for number in (*range(22, 53), 54, *range(56, 64), *range(66, 71))
)

_OPCS4 = re.compile(r"[A-Z][0-9]{2}[0-9]?")
_ICD10 = re.compile(r"(?P<body>[A-Z][0-9]{2}(?:[0-9X][0-9-]?)?)(?P<mark>[DA]?)")
_VERTEBROPLASTY = ("V444", "V446")


def normalise(code: str) -> str:
    """Strip surrounding whitespace, convert to upper case and remove the dot.

    Non-ASCII text keeps its case: upper case would turn a long s into S, and a dotless i into I.
    """
    bare = code.strip().replace(".", "")
    return bare.upper() if bare.isascii() else bare


def dotted(code: str) -> str:
    """Return a normalised, well-formed code with its dot: `V44.4` for `V444`."""
    return f"{code[:3]}.{code[3:]}" if len(code) > len("V44") else code


@dataclass(frozen=True, slots=True)
class ProcedureCode:
    """An OPCS-4 code as the rules see it."""

    shown: str
    """With its dot; as submitted if malformed."""
    text: str
    """Normalised, without a local fifth character after V44.4 or V44.6."""
    category: str
    """The first three characters; empty where the code is malformed."""
    fourth: str
    """The fourth character; empty if there is none."""
    malformed: bool
    main: bool
    spinal: bool
    vertebroplasty: bool
    levels: bool
    image_control: bool
    spinal_site: bool
    other_site: bool

    @property
    def unspecified(self) -> bool:
        """Whether the fourth character means "unspecified"."""
        return self.fourth == "9"


@lru_cache(maxsize=KNOWN_CODES)
def read_procedure_code(submitted: str) -> ProcedureCode:
    """Read an OPCS-4 code; never raises: a malformed one is a main code without a category."""
    text = normalise(submitted)
    malformed = _OPCS4.fullmatch(text) is None
    if malformed and text.startswith(_VERTEBROPLASTY):
        text, category = text[:4], text[:3]
    else:
        category = "" if malformed else text[:3]
    fourth = text[3:] if category else ""
    levels = category == LEVELS_OF_SPINE
    spinal_site = category in SPINAL_SITE_CATEGORIES or text in SPINAL_SITE_SACRUM
    other_site = not spinal_site and (
        (category.startswith("Z") and category != LATERALITY) or category in SITES_IN_CHAPTER_O
    )
    supplementary = levels or category.startswith(("Y", "Z")) or category in SITES_IN_CHAPTER_O
    return ProcedureCode(
        shown=submitted.strip() if malformed else dotted(text),
        text=text,
        category=category,
        fourth=fourth,
        malformed=malformed,
        main=not supplementary,
        spinal=category in SPINAL_CATEGORIES,
        vertebroplasty=category == "V44" and fourth in {"", "4", "6"},
        levels=levels,
        image_control=category in IMAGE_CONTROL,
        spinal_site=spinal_site,
        other_site=other_site,
    )


@dataclass(frozen=True, slots=True)
class DiagnosisCode:
    """An ICD-10 code as the rules see it, separate from its dagger or asterisk mark."""

    text: str
    """Normalised, without the mark; the whole normalised text if malformed."""
    category: str
    """The first three characters; empty where the code is malformed."""
    fourth: str
    fifth: str
    asterisk: bool
    """Marked as a manifestation by a final `A`."""
    malformed: bool


@lru_cache(maxsize=KNOWN_CODES)
def read_diagnosis_code(submitted: str) -> DiagnosisCode:
    """Read an ICD-10 code; never raises: a malformed one has no category."""
    text = normalise(submitted)
    match = _ICD10.fullmatch(text)
    if match is None:
        return DiagnosisCode(text, "", "", "", asterisk=False, malformed=True)
    body = match["body"]
    return DiagnosisCode(
        body, body[:3], body[3:4], body[4:5], asterisk=match["mark"] == "A", malformed=False
    )
