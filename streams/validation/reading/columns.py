"""The columns of delimited text: where in a row each part of an episode stands."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.episode import CODES_IN_A_LIST
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.identity import IDENTITY

SEPARATORS: Final = ",\t|;"
"""What may part the fields of a row."""

_SEVERAL: Final = "|,;"
"""What parts the codes of one column: `||V444,V551||Z665`."""

_SPELL_OF_SUS: Final = "apcs_ident"
_MEMBERS: Final = {
    "episode_id": ("episode_id", "epikey", "apce_ident"),
    "provider_code": (
        *("provider_code", "procode3", "procode5", "procodet", "procode"),
        "der_provider_code",
    ),
    "spell_id": ("spell_id", "susspellid", _SPELL_OF_SUS),
    "episode_number": ("episode_number", "epiorder"),
    "start_date": ("start_date", "epistart", "episode_start_date"),
    "end_date": ("end_date", "epiend", "episode_end_date"),
    "withdrawn": ("withdrawn",),
}
# By preference: the whole codes of HES, then those cut to four characters, then those of three.
_PROCEDURES: Final = (
    *(r"opertn_([0-9]{1,3})", r"opertn_4_([0-9]{1,3})", "opertn_4_concat", "der_procedure_all"),
    *(r"procedure_([0-9]{1,3})", "procedures", r"opertn_3_([0-9]{1,3})", "opertn_3_concat"),
)
_DATES: Final = (
    r"opdate_([0-9]{1,3})",
    r"procedure_date_([0-9]{1,3})",
    r"procedure_([0-9]{1,3})_date",
)
_DIAGNOSES: Final = (
    *(r"diag_([0-9]{1,3})", r"diag_4_([0-9]{1,3})", "diag_4_concat", "der_diagnosis_all"),
    *(r"diagnosis_([0-9]{1,3})", "diagnoses", r"diag_3_([0-9]{1,3})", "diag_3_concat"),
)
_CODES: Final = [each for each in (*_PROCEDURES, *_DIAGNOSES) if "(" in each]
_TYPE: Final = ("type", "code_type")
_CODE, _POSITION, _DATE = "code", "position", "date"
_NEEDED: Final = {
    "episode_id": "episode ids (EPIKEY, APCE_Ident, episode_id)",
    "provider_code": "provider codes (PROCODE3, Der_Provider_Code, provider_code)",
    PROCEDURES: "procedures (OPERTN_01, Der_Procedure_All, procedures)",
    DIAGNOSES: "diagnoses (DIAG_01, Der_Diagnosis_All, diagnoses)",
    "type": "types of codes (type, CODE_TYPE)",
}
_WORDS: Final = (
    *(*_PROCEDURES, *_DATES, *_DIAGNOSES, *_TYPE, _CODE, _POSITION, _DATE),
    *(name for names in _MEMBERS.values() for name in names),
)
_KNOWN = re.compile("|".join(_WORDS))
_LEAST_KNOWN: Final = 2
_LEAST_NAMES: Final = 3
_NAMED: Final = 8
_BLANKS = re.compile(r"[ -]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ .#/()-]*")
_CODE_OR_ID = re.compile(r"[A-Za-z]\.?[0-9].*|[A-Z0-9]{3,5}")


@dataclass(frozen=True, slots=True)
class Unusable:
    """A header without the columns that are needed."""

    message: str
    """What was found, and what is missing."""


@dataclass(frozen=True, slots=True)
class CodeColumns:
    """The columns of procedures or diagnoses: one for each code, or one for all of them."""

    columns: tuple[int, ...]
    dates: tuple[int | None, ...] = ()
    """The column with the date of each code, if there is one."""
    separators: str = ""
    """Characters that part the codes of one column; empty if it has one code."""


@dataclass(frozen=True, slots=True)
class EpisodeColumns:
    """The columns of rows that are an episode each."""

    names: tuple[str, ...]
    procedures: CodeColumns
    diagnoses: CodeColumns
    members: Mapping[str, int]
    """The columns of all other members."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Members that are the same in every row."""

    def places(self) -> dict[str, str]:
        """Return the name of a column for each place of a native episode."""
        return {
            **{name: name for name in self.constants},
            **{name: self.names[column] for name, column in self.members.items()},
            **dict(self._code_places(PROCEDURES, self.procedures)),
            **dict(self._code_places(DIAGNOSES, self.diagnoses)),
        }

    def _code_places(self, name: str, codes: CodeColumns) -> Iterator[tuple[str, str]]:
        columns = [self.names[column] for column in codes.columns]
        yield name, columns[0]
        if codes.separators:
            columns = [f"{columns[0]}[{number}]" for number in range(1, CODES_IN_A_LIST + 1)]
        for index, column in enumerate(columns):
            yield f"{name}[{index}]", column
            yield f"{name}[{index}].code", column
        for index, date in enumerate(codes.dates):
            if date is not None:
                yield f"{name}[{index}].date", self.names[date]


@dataclass(frozen=True, slots=True)
class CodeRowColumns:
    """The columns of rows that are one code of an episode each."""

    names: tuple[str, ...]
    type: int
    code: int
    position: int | None
    date: int | None
    members: Mapping[str, int]
    """The columns of what is the same in every row of an episode."""

    @property
    def identity(self) -> tuple[int, ...]:
        """The columns that say which episode a row is of."""
        return tuple(self.members[name] for name in IDENTITY)


Columns = EpisodeColumns | CodeRowColumns


def known_names(names: Iterable[str]) -> int:
    """Return how many names are those of columns that are read."""
    return sum(_KNOWN.fullmatch(plain_name(name)) is not None for name in names)


def is_header(names: Sequence[str]) -> bool:
    """Return whether fields are names of columns: some known names, or nothing but names."""
    return known_names(names) >= _LEAST_KNOWN or (
        len(names) >= _LEAST_NAMES
        and all(_NAME.fullmatch(name) and not _CODE_OR_ID.fullmatch(name) for name in names)
    )


def recognise_columns(header: Sequence[str]) -> Columns | Unusable:
    """Return where the parts of an episode stand, by the names in a header."""
    names = tuple(name.strip() for name in header)
    columns = columns_by_name(names)
    if twice := [names[found[1]] for name, found in columns.items() if _is_twice(name, found)]:
        return Unusable(f"has two columns {twice[0]}; rename one of them")
    if gap := next(filter(None, (_gap(columns, each) for each in _CODES)), None):
        return Unusable(f"has {names[gap]}, but not every column before it; export these too")
    members = {
        name: column
        for name, choice in _MEMBERS.items()
        if (column := _first(columns, choice)) is not None
    }
    procedures = _code_columns(columns, _PROCEDURES, _DATES)
    diagnoses = _code_columns(columns, _DIAGNOSES)
    code, kind = _first(columns, (_CODE,)), _first(columns, _TYPE)
    missing = [_NEEDED[name] for name in IDENTITY if name not in members]
    if code is not None and not (procedures or diagnoses):
        if kind is not None and not missing:
            position, date = _first(columns, (_POSITION,)), _first(columns, (_DATE,))
            return CodeRowColumns(names, kind, code, position, date, members)
        missing += [_NEEDED[_TYPE[0]]] * (kind is None)
    else:
        if procedures and diagnoses and not missing:
            return EpisodeColumns(names, procedures, diagnoses, members)
        missing += [_NEEDED[PROCEDURES]] * (not procedures)
        missing += [_NEEDED[DIAGNOSES]] * (not diagnoses)
    return _lacking(names, missing, of_spells=_SPELL_OF_SUS in columns)


def columns_by_name(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the columns of each name, whose capitals do not matter."""
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(plain_name(name), []).append(column)
    return columns


def numbered(columns: Mapping[str, Sequence[int]], pattern: str) -> dict[int, int]:
    """Return columns by the number in their name, in the order of the numbers."""
    found = ((re.fullmatch(pattern, name), each) for name, each in columns.items())
    return dict(sorted((int(match[1]), each[0]) for match, each in found if match))


def plain_name(name: str) -> str:
    """Return the name of a column as it is compared with others."""
    return _BLANKS.sub("_", name.strip().lower())


def _gap(columns: Mapping[str, Sequence[int]], pattern: str) -> int | None:
    """Return the last of columns that are numbered with a gap."""
    found = numbered(columns, pattern)
    return found[max(found)] if found and max(found) - min(found) >= len(found) else None


def _is_twice(name: str, columns: Sequence[int]) -> bool:
    return len(columns) > 1 and _KNOWN.fullmatch(name) is not None


def _first(columns: Mapping[str, Sequence[int]], choice: Iterable[str]) -> int | None:
    return next((columns[name][0] for name in choice if name in columns), None)


def _code_columns(
    columns: Mapping[str, Sequence[int]], choice: Iterable[str], dates: Iterable[str] = ()
) -> CodeColumns | None:
    """Return the preferred columns: of several codes if there are such, else of a single one."""
    single = None
    for pattern in choice:
        if pattern in columns:
            return CodeColumns((columns[pattern][0],), separators=_SEVERAL)
        if found := numbered(columns, pattern):
            by_number = next(filter(None, (numbered(columns, each) for each in dates)), {})
            codes = CodeColumns(tuple(found.values()), tuple(map(by_number.get, found)))
            if len(found) > 1:
                return codes
            single = single or codes
    return single


def _lacking(names: Sequence[str], missing: Sequence[str], *, of_spells: bool) -> Unusable:
    """Return what was found and what is missing; only names that are known are quoted."""
    if of_spells and _NEEDED["episode_id"] in missing:
        return Unusable("has APCS_Ident, which is of spells; export episodes, with APCE_Ident")
    known = [name for name in names if _KNOWN.fullmatch(plain_name(name))]
    more = [f"{len(known) - _NAMED} more"] * (len(known) > _NAMED)
    found = ", ".join([*known[:_NAMED], *more]) or "no name that is known"
    return Unusable(
        f"lacks {', '.join(missing)}; found {found}; "
        "add what is missing, or say which column is what with --columns"
    )
