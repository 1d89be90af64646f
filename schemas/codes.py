"""Clinical codes: how OPCS-4 and ICD-10 codes are normalised, recognised and shown.

A code is read once for each spelling, so it also says which rules it concerns: its roles are the
attributes of `CodedSequence`, in streams/validation/sequence.py, that list it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

CODE_CHARACTERS: Final = 16
"""Maximum length of a code in an episode once normalised, in characters."""

KNOWN_CODES: Final = 32_768
"""Number of spellings cached; OPCS-4 and ICD-10 together have about 25,000 codes."""


def codes(listed: str) -> frozenset[str]:
    """Read normalised codes or categories separated by whitespace."""
    return frozenset(listed.split())


LEVELS_OF_SPINE: Final = "V55"
IMAGE_CONTROL: Final = frozenset({"Y53", "Y68"})
METHODS_IN_CHAPTER_O: Final = codes("O44 O48")
"""Overflow categories of chapter Y, methods of operation."""
SITES_IN_CHAPTER_O: Final = codes(
    "O11 O12 O13 O14 O16 O28 O30 O31 O33 O34 O36 O42 O43 O45 O46 O47 O50 O52 O53"
)
"""Overflow categories of chapter Z, sites."""
JOINTS_AND_DISCS: Final = frozenset({"Z67", "Z99"})
"""Sites beside a vertebra."""
SPINAL_SITE_CATEGORIES: Final = JOINTS_AND_DISCS | {"Z66"}
SPINAL_SITE_SACRUM: Final = frozenset({"Z75", "Z751", "Z752", "Z757"})
LATERALITY: Final = "Z94"
SPINAL_CATEGORIES: Final = frozenset(
    f"V{number}" for number in (*range(22, 53), 54, *range(56, 64), *range(66, 71))
)
VERTEBROPLASTIES: Final = codes("V444 V446")
DEFAULT_CODES: Final = frozenset({"X998", "X999"})
"""Default codes, which stand for "no procedure"."""
ALLOWED_UNSPECIFIED: Final = codes("V559 Y539 Y689 Z669")
"""Codes of a vertebroplasty that are correct where the case notes do not state more."""
FOURTH_CHARACTERS: Final = {"V44": "12345689", "V55": "12389", "Y53": "123456789", "Z66": "1234589"}
"""The fourth characters that exist in the categories that matter most."""

ASTERISK_CATEGORIES: Final = codes("""
    D63 D77 E35 E90 F00 F02 G01 G02 G05 G07 G13 G22 G26 G32 G46 G53 G55 G59 G63 G73 G94 G99
    H03 H06 H13 H19 H22 H28 H32 H36 H42 H45 H48 H58 H62 H67 H75 H82 H94
    I32 I39 I41 I43 I52 I68 I79 I98 J17 J91 J99 K23 K67 K77 K87 K93 L14 L45 L54 L62 L86 L99
    M01 M03 M07 M09 M14 M36 M49 M63 M68 M73 M82 M90 N08 N16 N22 N29 N33 N37 N51 N74 N77 P75
""")
"""Categories of manifestations, even without the mark."""
INDICATIONS: Final = codes("""
    M80 M81 M82 M84 M88 M90 C90 S12 T08
    M484 M485 M495 C412 C795 D166 D180 D480 D760 S220 S221 S320 S321 S327 T911
""")
"""The usual indications of a vertebroplasty: categories, and subcategories of others."""
INJURIES: Final = codes("S12 S22 S32 T08")
"""Fractures of the spine and trunk in chapter XIX."""
WITH_FIFTH_CHARACTER: Final = INJURIES | codes("M48 M49 M80 M84")
"""Categories whose codes have a fifth character."""

_OPCS4 = re.compile(r"[A-Z][0-9]{2}[0-9]?")
_OPCS4_CHARACTERS: Final = len("V444")
_ICD10 = re.compile(r"(?P<body>[A-Z][0-9]{2}(?:[0-9X][0-9-]?)?)(?P<mark>[DA]?)")
_MARKS: Final = str.maketrans({"†": "D", "*": "A"})
_VERTEBROPLASTY = re.compile("V44[46]")
_FILLERS: Final = frozenset("-&")


def normalise(code: str) -> str:
    """Remove blanks, dots and surrounding quotation marks, and convert to upper case.

    Only ASCII letters change case: upper case would turn a long s into S, and a dotless i into I.
    """
    bare = "".join(code.split()).replace(".", "").strip("\"'")
    if bare.isascii():
        return bare.upper()
    return "".join(each.upper() if each.isascii() else each for each in bare)


def dotted(code: str) -> str:
    """Return a normalised, well-formed code with its dot: `V44.4` for `V444`."""
    return f"{code[:3]}.{code[3:]}" if len(code) > len("V44") else code


@dataclass(frozen=True, slots=True)
class ProcedureCode:
    """An OPCS-4 code as the rules see it: a malformed one is read by its beginning."""

    shown: str
    """With its dot; as submitted if malformed."""
    text: str
    """Normalised, as it is read: `V444` for `V44.41`; empty if unreadable."""
    category: str
    """The first three characters; empty if unreadable."""
    fourth: str
    """The fourth character; empty if there is none."""
    empty: bool
    """An unused place of a fixed-width extract, not a code."""
    malformed: bool
    may_hold_more: bool
    """So long that another code may be in it, unread."""
    surplus_character: bool
    """One character too many after a code that exists."""
    main: bool
    spinal: bool
    vertebroplasty: bool
    levels: bool
    image_control: bool
    method: bool
    site: bool
    """A code of chapter Z or its overflow, laterality included."""
    spinal_site: bool
    other_site: bool
    roles: tuple[str, ...]
    """The lists of a CodedSequence that it is in."""

    @property
    def unreadable(self) -> bool:
        """Whether it may stand for any code."""
        return not (self.category or self.empty)

    @property
    def unspecified(self) -> bool:
        """Whether the fourth character means "unspecified"."""
        return self.fourth == "9"


@lru_cache(maxsize=KNOWN_CODES)
def read_procedure_code(submitted: str) -> ProcedureCode:
    """Read an OPCS-4 code, whatever its text; never raises."""
    normalised = normalise(submitted)
    empty = _FILLERS.issuperset(normalised) or normalised in DEFAULT_CODES
    malformed = not empty and _OPCS4.fullmatch(normalised) is None
    text = "" if empty else _read_malformed(normalised) if malformed else normalised
    category, fourth = text[:3], text[3:]
    levels = category == LEVELS_OF_SPINE
    spinal_site = category in SPINAL_SITE_CATEGORIES or text in SPINAL_SITE_SACRUM
    site = category.startswith("Z") or category in SITES_IN_CHAPTER_O
    method = category.startswith("Y") or category in METHODS_IN_CHAPTER_O
    roles = {
        "malformed": malformed,
        "invalid": not (empty or malformed or exists(text)),
        "allowed_unspecified": text in ALLOWED_UNSPECIFIED,
        "joints_and_discs": category in JOINTS_AND_DISCS,
    }
    return ProcedureCode(
        shown=submitted.strip() if malformed else dotted(text),
        text=text,
        category=category,
        fourth=fourth,
        empty=empty,
        malformed=malformed,
        may_hold_more=malformed and bool(text) and len(normalised) > _OPCS4_CHARACTERS + 1,
        surplus_character=malformed
        and len(normalised) == _OPCS4_CHARACTERS + 1
        and normalised.startswith(text)
        and exists(text),
        main=bool(text) and not (levels or method or site),
        spinal=category in SPINAL_CATEGORIES,
        vertebroplasty=category == "V44" and fourth in {"", "4", "6"},
        levels=levels,
        image_control=category in IMAGE_CONTROL,
        method=method,
        site=site,
        spinal_site=spinal_site,
        other_site=site and not spinal_site and category != LATERALITY,
        roles=tuple(role for role, played in roles.items() if played),
    )


def _read_malformed(text: str) -> str:
    """Return the code that a malformed text begins with, or a vertebroplasty within it."""
    for length in (_OPCS4_CHARACTERS, len("V44")):
        if _OPCS4.fullmatch(text[:length]):
            return text[:length]
    found = _VERTEBROPLASTY.search("".join(filter(str.isalnum, text)))
    return found[0] if found else ""


def exists(text: str) -> bool:
    """Return whether a normalised code has four characters, and is not known not to exist."""
    known = FOURTH_CHARACTERS.get(text[:3])
    return (
        len(text) == _OPCS4_CHARACTERS
        and text not in DEFAULT_CODES
        and (known is None or text[3] in known)
    )


@dataclass(frozen=True, slots=True)
class DiagnosisCode:
    """An ICD-10 code as the rules see it, separate from its dagger or asterisk mark."""

    shown: str
    """With its dot, and its mark as D or A; as submitted if malformed."""
    category: str
    """The first three characters; empty where the code is malformed."""
    fourth: str
    fifth: str
    empty: bool
    """An unused place of a fixed-width extract, not a code."""
    malformed: bool
    roles: tuple[str, ...]
    """The lists of a CodedSequence that it is in."""

    @property
    def subcategory(self) -> str:
        """The first four characters."""
        return self.category + self.fourth


@lru_cache(maxsize=KNOWN_CODES)
def read_diagnosis_code(submitted: str) -> DiagnosisCode:
    """Read an ICD-10 code, whatever its text; never raises: a malformed one has no category."""
    text = normalise(submitted).translate(_MARKS)
    match = _ICD10.fullmatch(text)
    if match is None:
        empty = _FILLERS.issuperset(text)
        return DiagnosisCode(
            shown="" if empty else submitted.strip(),
            category="",
            fourth="",
            fifth="",
            empty=empty,
            malformed=not empty,
            roles=() if empty else ("malformed_diagnoses",),
        )
    body, mark = match["body"], match["mark"]
    category, fourth, fifth = body[:3], body[3:4], body[4:5]
    may_be_fourth = category == "T08" and fourth.isdigit()
    roles = {
        "asterisk_codes": mark == "A" or category in ASTERISK_CATEGORIES,
        "collapsed_vertebrae": body.startswith("M485"),
        "external_causes": category.startswith(("V", "W", "X", "Y")),
        "indications": not INDICATIONS.isdisjoint((category, body[:4])),
        "injuries": category in INJURIES,
        "osteoporosis": category == "M81",
        "osteoporotic_fractures": category == "M80",
        "without_fifth_character": category in WITH_FIFTH_CHARACTER
        and not (fifth.isdigit() or may_be_fourth),
    }
    return DiagnosisCode(
        shown=dotted(body) + mark,
        category=category,
        fourth=fourth,
        fifth=fifth,
        empty=False,
        malformed=False,
        roles=tuple(role for role, played in roles.items() if played),
    )
