"""Rows of delimited text, by their columns: each an episode, or a code of one."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.codes import CODE_CHARACTERS, KNOWN_CODES, read_procedure_code
from schemas.episode import CODES_IN_A_LIST, ID_CHARACTERS, Episode, Format, Withdrawal
from schemas.rejection import Fault, Reason, Rejection, Remark
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.columns import CodeColumns, CodeRowColumns, EpisodeColumns
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.identity import readable_identity
from streams.validation.reading.rejections import reject
from streams.validation.reading.remarks import remarks

_validate: Final = Episode.__pydantic_validator__.validate_python

NO_VALUES: Final = frozenset({"", "NULL", "NA", "NaN", "nan", "None", "<NA>"})
"""What databases and statistics packages write where there is nothing."""

_NO_CODES: Final = NO_VALUES | {"-", "&"}
_NO_DATES: Final = NO_VALUES | {"1800-01-01", "1801-01-01"}
"""With what Hospital Episode Statistics writes; whatever else is none is left to the reading."""
_TYPES: Final = {
    **dict.fromkeys(("procedure", "procedures", "opcs4", "opcs"), PROCEDURES),
    **dict.fromkeys(("diagnosis", "diagnoses", "icd10", "icd"), DIAGNOSES),
}
_PROVIDERS: Final = 1_024
"""Number of spellings of providers that are kept."""

_INSIGNIFICANT = re.compile("[^a-z0-9]")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?![0-9])")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee][+]?[0-9]+")
"""What a spreadsheet makes of a long number."""

_DATES: Final = frozenset({"start_date", "end_date"})


class Row(NamedTuple):
    """A row of fields."""

    line: int
    """The number of the line on which it begins."""
    fields: Sequence[str]
    rejection: Rejection | None = None
    """Why it cannot be read."""


class EpisodeReader:
    """Reads rows that are an episode each."""

    def __init__(self, columns: EpisodeColumns) -> None:
        self._columns = columns
        self._names = frozenset(columns.names)
        self._places = columns.places()
        self._of_format: dict[str, object] = {"format": Format.DELIMITED, "places": self._places}

    def read(self, fields: Sequence[str]) -> Episode | Withdrawal | Rejection:
        """Read a row with as many fields as its header."""
        column = self._columns.members["episode_id"]
        if fault := _identity_fault(fields[column], self._names):
            return _refused(self._columns.names[column], fault)
        members = self._members(fields)
        return self._read_clean(members) or self._read_closely(members)

    def is_out_of_scope(self, fields: Sequence[str]) -> bool:
        """Return whether a row is an episode out of scope, as far as a first look can tell.

        Most are, and are read no further. What this is not sure of has to be read.
        """
        columns, members = self._columns, self._columns.members
        episode_id = fields[members["episode_id"]].strip()
        provider = columns.constants.get("provider_code") or fields[members["provider_code"]]
        if (
            not 0 < len(episode_id) <= ID_CHARACTERS
            or episode_id in NO_VALUES
            or _identity_fault(episode_id, self._names)
            or not _is_provider(provider.strip())
            or ("withdrawn" in members and fields[members["withdrawn"]].strip())
        ):
            return False
        texts = _texts(columns.procedures, fields)
        return len(texts) <= CODES_IN_A_LIST and not any(map(_may_be_in_scope, texts))

    def _members(self, fields: Sequence[str]) -> dict[str, Any]:
        """Return the members of a native episode."""
        columns = self._columns
        members: dict[str, Any] = {
            PROCEDURES: _codes(columns.procedures, fields),
            DIAGNOSES: _codes(columns.diagnoses, fields),
            **columns.constants,
        }
        for name, column in columns.members.items():
            text = fields[column].strip()
            if text not in NO_VALUES:
                members[name] = _member(name, text)
        return members

    def _read_clean(self, members: Mapping[str, Any]) -> Episode | None:
        """Read an episode in one go; None if it has to be looked at more closely."""
        try:
            episode: Episode = _validate(members)
        except ValidationError:
            return None
        if episode.withdrawn:
            return None
        update = self._of_format
        if _may_lack_something(episode, members):
            found = remarks(episode, members)
            update = update | {"remarks": tuple(map(self._in_columns, found))}
        return episode.model_copy(update=update)

    def _in_columns(self, remark: Remark) -> Remark:
        return Remark(place=self._places[remark.place], message=remark.message)

    def _read_closely(self, members: dict[str, Any]) -> Episode | Withdrawal | Rejection:
        return Extracted(Format.DELIMITED, members, self._places).read()


def _may_lack_something(episode: Episode, members: Mapping[str, Any]) -> bool:
    """Return whether something that was submitted may have been left out."""
    if any(name == "withdrawn" or getattr(episode, name) is None for name in members):
        return True
    return any(isinstance(each, dict) and each["date"] is None for each in episode.procedures)


def _texts(codes: CodeColumns, fields: Sequence[str]) -> Sequence[str]:
    """Return what may be codes of a list, empty ones included."""
    if codes.separators:
        return _separator(codes.separators).split(fields[codes.columns[0]])
    return [fields[column] for column in codes.columns]


@lru_cache(maxsize=KNOWN_CODES)
def _may_be_in_scope(text: str) -> bool:
    """Return whether a text is a vertebroplasty, or too long for a code."""
    return len(text) > CODE_CHARACTERS or read_procedure_code(text).vertebroplasty


@lru_cache(maxsize=_PROVIDERS)
def _is_provider(text: str) -> bool:
    return bool(text not in NO_VALUES and readable_identity({"provider_code": text}))


def _codes(codes: CodeColumns, fields: Sequence[str]) -> list[Any]:
    """Return the entries of a list, without empty ones at its end."""
    if codes.separators:
        parts = _separator(codes.separators).split(fields[codes.columns[0]])
        return [part for part in parts if part.strip() not in NO_VALUES]
    columns = codes.columns
    end = len(columns)
    while end and fields[columns[end - 1]] in _NO_CODES:
        end -= 1
    entries: list[Any] = [
        None if (text := fields[column]) in _NO_CODES else text for column in columns[:end]
    ]
    for index, (entry, date) in enumerate(zip(entries, codes.dates, strict=False)):
        if entry is not None and date is not None:
            day = fields[date].strip()
            if day not in _NO_DATES:
                entries[index] = {"code": entry, "date": _iso(day)}
    return entries


@lru_cache
def _separator(characters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(characters)}]")


def _member(name: str, text: str) -> int | str:
    if name == "episode_number" and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return _iso(text) if name in _DATES else text


def _iso(text: str) -> str:
    """Return a day as in 31/01/2026 as 2026-01-31, with what is behind it."""
    found = _DAY_FIRST.match(text)
    if not found:
        return text
    day, _, month, year = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}{text[found.end() :]}"


def _identity_fault(episode_id: str, names: Collection[str]) -> str | None:
    """Return why a row is of no episode: it is another header, or its identifier was destroyed."""
    if episode_id.strip() in names:
        return "is the name of a column; give each extract a file of its own"
    if _SHORTENED.fullmatch(episode_id.strip()):
        return "is a number that a spreadsheet has shortened; export the column as text"
    return None


def read_code_rows(
    columns: CodeRowColumns, rows: Sequence[Row]
) -> Episode | Withdrawal | Rejection:
    """Read all rows of one episode, in their order."""
    extracted = Extracted(Format.DELIMITED)
    for row in rows:
        if row.rejection:
            for fault in row.rejection.errors:
                extracted.refuse(f"line {row.line}, {fault.place}", fault.message)
    for name, column in columns.members.items():
        line, text = next(
            ((row.line, text) for row in rows if (text := _text(row, column))), (rows[0].line, None)
        )
        place = f"line {line}, {columns.names[column]}"
        if name == "episode_id" and (destroyed := _identity_fault(text or "", columns.names)):
            extracted.refuse(place, destroyed)
        extracted.put(name, text and _member(name, text), place)
    for name in (PROCEDURES, DIAGNOSES):
        extracted.put(name, [], f"line {rows[0].line}")
    for row in rows:
        if not row.rejection:
            _add_code(extracted, columns, row)
    return extracted.read()


def _add_code(extracted: Extracted, columns: CodeRowColumns, row: Row) -> None:
    def place(column: int) -> str:
        return f"line {row.line}, {columns.names[column]}"

    code = _text(row, columns.code)
    name = _TYPES.get(_INSIGNIFICANT.sub("", row.fields[columns.type].lower()))
    if name is None:
        if code:
            extracted.refuse(place(columns.type), "should be procedure, OPCS4, diagnosis or ICD10")
        return
    details = {
        detail: (_iso(_text(row, column) or "") or None, place(column))
        for detail, column in (("date", columns.date), ("position", columns.position))
        if column is not None
    }
    extracted.add(name, code, place(columns.code), **details)


def _text(row: Row, column: int) -> str | None:
    text = row.fields[column].strip() if column < len(row.fields) else ""
    return None if text in NO_VALUES else text


def wrong_length(names: Sequence[str], count: int) -> Rejection:
    """Return the rejection of a row of more or fewer fields than its header has names."""
    message = f"the row has {count} fields, the header {len(names)}"
    if count < len(names):
        return _refused(names[count], f"is missing: {message}")
    return _refused(f"column {len(names) + 1}", f"has no name: {message}")


def _refused(place: str, message: str) -> Rejection:
    return reject(Reason.NOT_AN_EPISODE, [Fault(place=place, message=message)])


UNPARSABLE: Final = _refused(
    "row", "has a quotation mark too many or too few, or a field of more than 131072 characters"
)
SCATTERED: Final = _refused(
    "episode", "has lines elsewhere in the file; sort the file by episode, and read it again"
)
