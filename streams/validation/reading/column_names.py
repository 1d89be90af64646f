"""Names of columns that an operator gives, in TOML, for delimited text of any other kind."""

import re
import tomllib
from collections.abc import Sequence
from typing import Final

from pydantic import ConfigDict, Field, ValidationError

from schemas.frozen import Frozen
from streams.validation.reading.columns import (
    CodeColumns,
    EpisodeColumns,
    Unusable,
    columns_by_name,
    numbered,
    plain_name,
)

_NUMBER: Final = "{n}"
"""Stands in the name of columns for their number."""


class _Strict(Frozen):
    model_config = ConfigDict(extra="forbid")


class _Constant(_Strict):
    """What is the same in every row."""

    value: str = Field(min_length=1)


class _SeveralCodes(_Strict):
    """A column with several codes."""

    column: str
    separator: str = Field(min_length=1)


class ColumnNames(_Strict):
    """Which columns hold what."""

    episode_id: str
    provider_code: str | _Constant
    procedures: str | list[str] | _SeveralCodes
    procedure_dates: str | list[str] = Field(default_factory=list)
    diagnoses: str | list[str] | _SeveralCodes
    spell_id: str | None = None
    episode_number: str | None = None
    start_date: str | None = None
    end_date: str | None = None


_A_COLUMN: Final = "should be the name of a column"
_CODES: Final = (
    "should be the name of a column, one with {n} for a number, a list of names, "
    'or { column = "…", separator = "…" }'
)
_SHAPES: Final = {
    **dict.fromkeys(ColumnNames.model_fields, _A_COLUMN),
    "provider_code": _A_COLUMN + ' or { value = "…" }',
    "procedures": _CODES,
    "diagnoses": _CODES,
    "procedure_dates": "should be names of columns, as procedures are",
}
_MEMBERS: Final = ("episode_id", "spell_id", "episode_number", "start_date", "end_date")


def read_column_names(text: bytes) -> ColumnNames | Unusable:
    """Read the names of columns."""
    try:
        names = ColumnNames.model_validate(tomllib.loads(text.decode()))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if name not in _SHAPES:
            return Unusable(f"has {name}, which is none of {', '.join(_SHAPES)}")
        missing = "is missing; it " if first["type"] == "missing" and len(first["loc"]) == 1 else ""
        return Unusable(f"{name} {missing}{_SHAPES[name]}")
    except ValueError as error:
        return Unusable(f"is not TOML in UTF-8: {error}")
    dates, procedures = names.procedure_dates, names.procedures
    if dates and type(dates) is not type(procedures) and not isinstance(procedures, _SeveralCodes):
        return Unusable(
            "procedure_dates should be written as procedures are: as a list, or with {n}"
        )
    return names


def find_columns(wanted: ColumnNames, header: Sequence[str]) -> EpisodeColumns | Unusable:
    """Return where the columns that are wanted stand in a header."""
    search = _Search(header)
    members = {
        name: search.find(name, column)
        for name in _MEMBERS
        if (column := getattr(wanted, name)) is not None
    }
    constants = {}
    if isinstance(wanted.provider_code, _Constant):
        constants["provider_code"] = wanted.provider_code.value
    else:
        members["provider_code"] = search.find("provider_code", wanted.provider_code)
    procedures = search.codes("procedures", wanted.procedures, wanted.procedure_dates)
    diagnoses = search.codes("diagnoses", wanted.diagnoses, [])
    if search.faults:
        return Unusable(search.faults[0])
    return EpisodeColumns(search.names, procedures, diagnoses, members, constants)


class _Search:
    """Looks for columns, and says which are missing."""

    def __init__(self, header: Sequence[str]) -> None:
        self.names = tuple(name.strip() for name in header)
        self.faults: list[str] = []
        self._columns = columns_by_name(self.names)

    def find(self, wanted_as: str, name: str) -> int:
        """Return a column, or note that it is missing."""
        found = self._columns.get(plain_name(name), [])
        if len(found) != 1:
            several = "several columns" if found else "no column"
            self.faults.append(f"has {several} {name}, wanted as {wanted_as}")
            return 0
        return found[0]

    def codes(
        self, wanted_as: str, wanted: str | list[str] | _SeveralCodes, dates: str | list[str]
    ) -> CodeColumns:
        """Return the columns of codes with those of their dates."""
        if isinstance(wanted, _SeveralCodes):
            if dates:
                self.faults.append("has no dates of procedures that are in one column")
            column = self.find(wanted_as, wanted.column)
            return CodeColumns((column,), separators=wanted.separator)
        codes = self._numbered(wanted_as, wanted)
        by_number = self._numbered("procedure_dates", dates)
        return CodeColumns(tuple(codes.values()), tuple(map(by_number.get, codes)))

    def _numbered(self, wanted_as: str, wanted: str | list[str]) -> dict[int, int]:
        """Return columns by number: that in their names, or that of their place in a list."""
        if isinstance(wanted, list):
            return {index: self.find(wanted_as, name) for index, name in enumerate(wanted, 1)}
        if _NUMBER not in wanted:
            return {1: self.find(wanted_as, wanted)}
        pattern = "([0-9]{1,3})".join(map(re.escape, plain_name(wanted).split(_NUMBER)))
        found = numbered(self._columns, pattern)
        if not found:
            self.faults.append(f"has no columns {wanted}, wanted as {wanted_as}")
        return found
