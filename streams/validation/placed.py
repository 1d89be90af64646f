"""The codes of an episode in reading order, without empty slots, each with its place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Generic, Protocol, TypeVar

from schemas.codes import DiagnosisCode, ProcedureCode, read_diagnosis_code, read_procedure_code
from schemas.episode import CODES_IN_A_LIST, CodeEntry, Episode

CodeT = TypeVar("CodeT", ProcedureCode, DiagnosisCode)

_ORDER_OF_DIAGNOSES: Final = CODES_IN_A_LIST
"""Sort key of the list of diagnoses: after every procedure, before every diagnosis."""


class Placed(Protocol):
    """Something that a finding can refer to."""

    @property
    def place(self) -> str:
        """Path within the submitted episode."""

    @property
    def order(self) -> int:
        """Sort key of the place: procedures first, a list before its items, then by index."""

    @property
    def at(self) -> int | None:
        """Index in reading order, without empty slots; None for a whole list."""

    @property
    def submitted(self) -> str | None:
        """The code as submitted; None for a whole list."""


@dataclass(slots=True, eq=False)
class _Item(Generic[CodeT]):
    """An entry of a list of codes that is no empty slot."""

    index: int
    """In the submitted list."""
    at: int
    """In reading order, without empty slots."""
    submitted: str
    code: CodeT
    entry: CodeEntry
    _list: ClassVar[str]
    _first: ClassVar[int]

    @property
    def day(self) -> date | None:
        """The day of the calendar that it is dated, if any."""
        return self.entry.get("date") if isinstance(self.entry, dict) else None

    @property
    def position(self) -> int | None:
        """The place that the publisher gives it, from 1; 0 if that cannot be read."""
        return self.entry.get("position") if isinstance(self.entry, dict) else None

    @property
    def place(self) -> str:
        """Path within the submitted episode."""
        return f"{self._list}[{self.index}].code"

    @property
    def order(self) -> int:
        """Sort key of the place."""
        return self._first + self.index


# Each has an `__init__` of its own, which Python runs faster than one for both.
@dataclass(slots=True, eq=False)
class Procedure(_Item[ProcedureCode]):
    """A procedure of the episode."""

    _list = "procedures"
    _first = 0


@dataclass(slots=True, eq=False)
class Diagnosis(_Item[DiagnosisCode]):
    """A diagnosis of the episode."""

    _list = "diagnoses"
    _first = _ORDER_OF_DIAGNOSES + 1


@dataclass(frozen=True, slots=True)
class _DiagnosisList:
    place: str = "diagnoses"
    order: int = _ORDER_OF_DIAGNOSES
    at: None = None
    submitted: None = None


DIAGNOSIS_LIST: Final = _DiagnosisList()
"""The list of diagnoses as a whole."""


ItemT = TypeVar("ItemT", Procedure, Diagnosis)


def read_procedures(episode: Episode) -> list[Procedure]:
    """Return the procedures in reading order, without empty slots."""
    return _in_reading_order(_read(episode.procedures, read_procedure_code, Procedure))


def read_diagnoses(episode: Episode) -> list[Diagnosis]:
    """Return the diagnoses in reading order, without empty slots."""
    return _in_reading_order(_read(episode.diagnoses, read_diagnosis_code, Diagnosis))


def _read(
    entries: Iterable[CodeEntry],
    read: Callable[[str], CodeT],
    place: Callable[[int, int, str, CodeT, CodeEntry], ItemT],
) -> list[ItemT]:
    """Return the entries that are no empty slots, in the submitted order."""
    items: list[ItemT] = []
    for index, entry in enumerate(entries):
        submitted = entry["code"] if isinstance(entry, dict) else entry
        if submitted and not (code := read(submitted)).empty:
            items.append(place(index, len(items), submitted, code, entry))
    return items


def _in_reading_order(items: list[ItemT]) -> list[ItemT]:
    """Return items by their positions, if each has a different whole number."""
    if not items or not items[0].position:
        return items
    positions = {item.position or 0 for item in items}
    if len(positions) == len(items) and 0 not in positions:
        items.sort(key=lambda item: item.position or 0)
        for at, item in enumerate(items):
            item.at = at
    return items
