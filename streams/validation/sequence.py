"""An episode's codes, read once: procedures, groups, operations, sites and diagnoses."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol, Self, TypeVar, cast

from schemas.codes import DiagnosisCode, ProcedureCode, read_diagnosis_code, read_procedure_code
from schemas.episode import CODES_IN_A_LIST, CodedEntry, CodeEntry, Episode, code_of

CodeT = TypeVar("CodeT", ProcedureCode, DiagnosisCode)

_DIAGNOSIS_LIST: Final = CODES_IN_A_LIST
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
class Procedure:
    """A procedure code of the episode."""

    index: int
    """In the submitted list."""
    at: int
    """In reading order, without empty slots."""
    submitted: str
    code: ProcedureCode
    day: date | None = None

    @property
    def place(self) -> str:
        """Path within the submitted episode."""
        return f"procedures[{self.index}].code"

    @property
    def order(self) -> int:
        """Sort key of the place."""
        return self.index


@dataclass(slots=True, eq=False)
class Diagnosis:
    """A diagnosis code of the episode."""

    index: int
    """In the submitted list."""
    at: int
    """In reading order, without empty slots."""
    submitted: str
    code: DiagnosisCode

    @property
    def place(self) -> str:
        """Path within the submitted episode."""
        return f"diagnoses[{self.index}].code"

    @property
    def order(self) -> int:
        """Sort key of the place."""
        return _DIAGNOSIS_LIST + 1 + self.index


@dataclass(frozen=True, slots=True)
class DiagnosisList:
    """The list of diagnoses as a whole."""

    place: str = "diagnoses"
    order: int = _DIAGNOSIS_LIST
    at: None = None
    submitted: None = None


@dataclass(frozen=True, slots=True)
class Leading:
    """What stands, or may stand unread, before the first main code of the episode."""

    levels: bool = False
    image_control: bool = False
    spinal_site: bool = False

    @classmethod
    def of(cls, codes: Iterable[ProcedureCode]) -> Self:
        """Find what the first group may lack only because it is in the wrong place."""
        codes = list(codes)
        unreadable = any(code.unreadable or code.may_hold_more for code in codes)
        return cls(
            levels=unreadable or any(code.levels for code in codes),
            image_control=unreadable or any(code.image_control for code in codes),
            spinal_site=unreadable or any(code.spinal_site for code in codes),
        )


_NOTHING_LEADS: Final = Leading()


@dataclass(slots=True, eq=False)
class Group:
    """A main code and the codes that follow it, up to the next main code."""

    main: Procedure
    leading: Leading
    """What stands before the first main code, for the first group; nothing for any other."""
    unreadable: bool
    """Whether one of its codes cannot be read, and may stand for anything that it lacks."""
    supplementary: list[Procedure] = field(default_factory=list)
    """Without unreadable codes."""
    levels: list[Procedure] = field(default_factory=list)
    image_control: list[Procedure] = field(default_factory=list)
    first_site: Procedure | None = None
    """Its first code of chapter Z or its overflow categories, laterality included."""
    spinal_sites: list[Procedure] = field(default_factory=list)
    other_site: Procedure | None = None
    """Its first site that is not on the spine."""
    serving_sites: list[Procedure] = field(default_factory=list)
    """Its own spinal sites or, if none, those of the nearest later group of its operation."""
    serving_other_site: Procedure | None = None
    """The first site not on the spine, in this or a later group of its operation."""
    later_image_control: bool = False
    """Whether a later group of its operation has image control."""
    unreadable_from_here: bool = False
    """Whether this or a later group of its operation has an unreadable code."""

    def add(self, item: Procedure) -> None:
        """Add the code that follows."""
        code = item.code
        if code.unreadable:
            self.unreadable = True
            return
        self.supplementary.append(item)
        if code.may_hold_more:
            self.unreadable = True
        if code.levels:
            self.levels.append(item)
        elif code.image_control:
            self.image_control.append(item)
        elif code.site:
            self.first_site = self.first_site or item
            if code.spinal_site:
                self.spinal_sites.append(item)
            elif code.other_site:
                self.other_site = self.other_site or item

    @property
    def displaced_levels(self) -> Procedure | None:
        """Its first V55 code, if that is not directly after the main code."""
        if self.levels and self.levels[0] is not self.supplementary[0]:
            return self.levels[0]
        return None


class CodedSequence:
    """The codes of one episode in scope, divided into groups and operations."""

    def __init__(self, procedures: list[Procedure], diagnoses: list[Diagnosis]) -> None:
        self.procedures = procedures
        self.diagnoses = diagnoses
        self.diagnosis_list = DiagnosisList()
        self.readable_diagnoses = [each for each in diagnoses if not each.code.malformed]
        first = next((index for index, each in enumerate(procedures) if each.code.main), None)
        self.leading = procedures[:first]
        """Codes before the first main code: they belong to no group."""
        self.groups = list(_groups(procedures[len(self.leading) :], self.leading))
        self.operations = list(_operations(self.groups))
        self.spinal_groups = [group for group in self.groups if group.main.code.spinal]
        self.vertebroplasties = [group for group in self.groups if group.main.code.vertebroplasty]

    @property
    def primary_diagnosis(self) -> Diagnosis | None:
        """The first diagnosis, if it is a well-formed ICD-10 code."""
        first = self.diagnoses[0] if self.diagnoses else None
        return None if first is None or first.code.malformed else first


def read_procedures(episode: Episode) -> list[Procedure]:
    """Return the procedures in reading order, without empty slots."""
    return [
        Procedure(
            index, at, submitted, code, entry.get("date") if isinstance(entry, dict) else None
        )
        for at, (index, submitted, code, entry) in enumerate(
            _in_reading_order(episode.procedures, read_procedure_code)
        )
    ]


def read_diagnoses(episode: Episode) -> list[Diagnosis]:
    """Return the diagnoses in reading order, without empty slots."""
    return [
        Diagnosis(index, at, submitted, code)
        for at, (index, submitted, code, _) in enumerate(
            _in_reading_order(episode.diagnoses, read_diagnosis_code)
        )
    ]


def _in_reading_order(
    entries: Iterable[CodeEntry], read: Callable[[str], CodeT]
) -> list[tuple[int, str, CodeT, CodeEntry]]:
    """Return index, text, code and entry of each that is no empty slot, by their positions."""
    read_entries = [
        (index, submitted, code, entry)
        for index, entry in enumerate(entries)
        if (submitted := code_of(entry)) and not (code := read(submitted)).empty
    ]
    positions = {
        entry.get("position") or 0 for *_, entry in read_entries if isinstance(entry, dict)
    }
    if len(positions) == len(read_entries) and 0 not in positions:
        read_entries.sort(key=lambda each: cast("CodedEntry", each[3])["position"] or 0)
    return read_entries


def _groups(procedures: Iterable[Procedure], before: Sequence[Procedure]) -> Iterator[Group]:
    """Yield the groups of procedures that begin with a main code."""
    leading = Leading.of(each.code for each in before) if before else _NOTHING_LEADS
    group: Group | None = None
    for item in procedures:
        if group is None or item.code.main:
            if group:
                yield group
            group = Group(item, leading, item.code.may_hold_more)
            leading = _NOTHING_LEADS
        else:
            group.add(item)
    if group:
        yield group


def _operations(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """Yield the unbroken runs of groups on the spine at one visit to theatre."""
    operation: list[Group] = []
    last_day: date | None = None
    for group in groups:
        on_spine = group.main.code.spinal or group.spinal_sites
        day = group.main.day
        if operation and (not on_spine or (day and last_day and day != last_day)):
            yield _linked(operation)
            operation, last_day = [], None
        if on_spine:
            operation.append(group)
            last_day = day or last_day
    if operation:
        yield _linked(operation)


def _linked(operation: list[Group]) -> list[Group]:
    """Give each group of an operation what the groups after it contribute."""
    sites: list[Procedure] = []
    other_site: Procedure | None = None
    image_control = unreadable = False
    for group in reversed(operation):
        group.serving_sites = sites = group.spinal_sites or sites
        group.serving_other_site = other_site = group.other_site or other_site
        group.unreadable_from_here = unreadable = group.unreadable or unreadable
        group.later_image_control = image_control
        image_control = image_control or bool(group.image_control)
    return operation


def in_scope(entries: Iterable[CodeEntry]) -> bool:
    """Return whether a list of procedures has a vertebroplasty code."""
    return any(read_procedure_code(code_of(entry) or "").vertebroplasty for entry in entries)
