"""An episode's codes, read once: procedures, groups, operations, sites and diagnoses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, Protocol, Self, TypeVar, cast

from schemas.codes import DiagnosisCode, ProcedureCode, read_diagnosis_code, read_procedure_code
from schemas.episode import CODES_IN_A_LIST, CodeEntry, Episode, code_of

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
    entry: CodeEntry

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
    entry: CodeEntry

    @property
    def position(self) -> int | None:
        """The place that the publisher gives it, from 1; 0 if that cannot be read."""
        return self.entry.get("position") if isinstance(self.entry, dict) else None

    @property
    def place(self) -> str:
        """Path within the submitted episode."""
        return f"diagnoses[{self.index}].code"

    @property
    def order(self) -> int:
        """Sort key of the place."""
        return _DIAGNOSIS_LIST + 1 + self.index


ItemT = TypeVar("ItemT", Procedure, Diagnosis)


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
    def of(cls, procedures: list[Procedure]) -> Self:
        """Find what the first group may lack only because it is in the wrong place."""
        codes = [item.code for item in procedures]
        unreadable = any(code.unreadable or code.may_hold_more for code in codes)
        return cls(
            levels=unreadable or any(code.levels for code in codes),
            image_control=unreadable or any(code.image_control for code in codes),
            spinal_site=unreadable or any(code.spinal_site for code in codes),
        )


_NOTHING_LEADS: Final = Leading()


class Group:
    """A main code and the codes that follow it, up to the next main code."""

    __slots__ = (
        "first_site",
        "image_control",
        "late_image_control",
        "late_methods",
        "later_image_control",
        "leading",
        "levels",
        "main",
        "other_site",
        "serving_other_site",
        "serving_sites",
        "spinal_sites",
        "supplementary",
        "unreadable",
        "unreadable_from_here",
    )

    def __init__(self, main: Procedure, followers: list[Procedure], leading: Leading) -> None:
        """Find the role of each code that follows the main code."""
        self.main = main
        self.leading = leading
        """What stands before the first main code, for the first group; nothing for any other."""
        self.unreadable = main.code.may_hold_more
        """Whether one of its codes cannot be read, and may stand for anything that it lacks."""
        self.supplementary: list[Procedure] = []
        """Without unreadable codes."""
        self.levels: list[Procedure] = []
        self.image_control: list[Procedure] = []
        self.late_image_control: list[Procedure] = []
        """Image control after its first site."""
        self.late_methods: list[Procedure] = []
        """Other methods after its first site."""
        self.first_site: Procedure | None = None
        """Its first code of chapter Z or its overflow categories, laterality included."""
        self.spinal_sites: list[Procedure] = []
        self.other_site: Procedure | None = None
        """Its first site that is not on the spine."""
        for item in followers:
            code = item.code
            if code.malformed and (code.may_hold_more or not code.category):
                self.unreadable = True
                if not code.category:
                    continue
            self.supplementary.append(item)
            if code.levels:
                self.levels.append(item)
            elif code.image_control:
                self.image_control.append(item)
                if self.first_site:
                    self.late_image_control.append(item)
            elif code.method:
                if self.first_site:
                    self.late_methods.append(item)
            else:
                self._add_site(item)
        self.serving_sites = self.spinal_sites
        """Its own spinal sites or, if none, those of the nearest later group of its operation."""
        self.serving_other_site: Procedure | None = self.other_site
        """The first site not on the spine, in this or a later group of its operation."""
        self.later_image_control = False
        """Whether a later group of its operation has image control."""
        self.unreadable_from_here = self.unreadable
        """Whether this or a later group of its operation has an unreadable code."""

    def _add_site(self, item: Procedure) -> None:
        self.first_site = self.first_site or item
        if item.code.spinal_site:
            self.spinal_sites.append(item)
        elif item.code.other_site:
            self.other_site = self.other_site or item

    @property
    def displaced_levels(self) -> Procedure | None:
        """Its first V55 code, if that is not directly after the main code."""
        if self.levels and self.levels[0] is not self.supplementary[0]:
            return self.levels[0]
        return None


class CodedSequence:
    """The codes of one episode in scope, divided into groups and operations.

    What rules look at is gathered here once, so that a rule costs nothing where it cannot speak.
    """

    def __init__(self, procedures: list[Procedure], diagnoses: list[Diagnosis]) -> None:
        self.procedures = procedures
        self.malformed = [item for item in procedures if item.code.malformed]
        self.invalid = [item for item in procedures if item.code.invalid]
        """Well-formed codes that are no complete code of the classification."""
        starts = [item.at for item in procedures if item.code.main]
        self.leading = procedures[: starts[0]] if starts else procedures
        """Codes before the first main code: they belong to no group."""
        self.groups = list(_groups(procedures, starts, self.leading))
        self.operations = list(_operations(self.groups))
        self.spinal_groups: list[Group] = []
        """Groups with a spinal main code."""
        self.without_levels: list[Group] = []
        self.irregular_levels: list[Group] = []
        """Groups with several V55 codes, or one that is not in second place."""
        self.stray_levels = [item for item in self.leading if item.code.levels]
        """V55 codes of no group with a spinal main code."""
        self.vertebroplasties: list[Group] = []
        self.without_image_control: list[Group] = []
        self.several_image_control: list[Group] = []
        self.late_image_control: list[Group] = []
        """Vertebroplasties with image control after a site."""
        self.late_methods: list[Group] = []
        """Vertebroplasties with another method after a site."""
        self.without_spinal_site: list[Group] = []
        """Vertebroplasties that no spinal site serves."""
        for group in self.groups:
            if group.main.code.spinal:
                self._gather_levels(group)
                if group.main.code.vertebroplasty:
                    self._gather_vertebroplasty(group)
            elif group.levels:
                self.stray_levels += group.levels
        self.repeated = len(self.vertebroplasties) > 1
        """Whether more than one group is a vertebroplasty."""
        self.diagnoses = diagnoses
        self.undiagnosed = not diagnoses
        self.diagnosis_list = DiagnosisList()
        self.malformed_diagnoses = [item for item in diagnoses if item.code.malformed]
        self.readable_diagnoses = diagnoses
        if self.malformed_diagnoses:
            self.readable_diagnoses = [item for item in diagnoses if not item.code.malformed]
        self.primary_diagnosis: Diagnosis | None = None
        """The first diagnosis, if it is a well-formed ICD-10 code."""
        if diagnoses and not diagnoses[0].code.malformed:
            self.primary_diagnosis = diagnoses[0]

    def _gather_levels(self, group: Group) -> None:
        self.spinal_groups.append(group)
        if not group.levels:
            self.without_levels.append(group)
        elif len(group.levels) > 1 or group.displaced_levels:
            self.irregular_levels.append(group)

    def _gather_vertebroplasty(self, group: Group) -> None:
        self.vertebroplasties.append(group)
        if not group.image_control:
            self.without_image_control.append(group)
        elif len(group.image_control) > 1:
            self.several_image_control.append(group)
        if group.late_image_control:
            self.late_image_control.append(group)
        if group.late_methods:
            self.late_methods.append(group)
        if not group.serving_sites:
            self.without_spinal_site.append(group)


def read_procedures(episode: Episode) -> list[Procedure]:
    """Return the procedures in reading order, without empty slots."""
    procedures: list[Procedure] = []
    for index, entry in enumerate(episode.procedures):
        submitted = entry["code"] if type(entry) is dict else cast("str | None", entry)
        if submitted and not (code := read_procedure_code(submitted)).empty:
            procedures.append(Procedure(index, len(procedures), submitted, code, entry))
    return _in_reading_order(procedures)


def read_diagnoses(episode: Episode) -> list[Diagnosis]:
    """Return the diagnoses in reading order, without empty slots."""
    diagnoses: list[Diagnosis] = []
    for index, entry in enumerate(episode.diagnoses):
        submitted = entry["code"] if type(entry) is dict else cast("str | None", entry)
        if submitted and not (code := read_diagnosis_code(submitted)).empty:
            diagnoses.append(Diagnosis(index, len(diagnoses), submitted, code, entry))
    return _in_reading_order(diagnoses)


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


def _groups(
    procedures: list[Procedure], starts: list[int], before: list[Procedure]
) -> Iterator[Group]:
    """Yield the groups of procedures; `starts` are the indexes of the main codes."""
    leading = Leading.of(before) if before else _NOTHING_LEADS
    for start, end in pairwise([*starts, len(procedures)]):
        yield Group(procedures[start], procedures[start + 1 : end], leading)
        leading = _NOTHING_LEADS


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
