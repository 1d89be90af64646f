"""An episode's codes, read once: procedures, groups, operations, sites and diagnoses."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import Protocol

from schemas.codes import (
    KNOWN_CODES,
    DiagnosisCode,
    ProcedureCode,
    read_diagnosis_code,
    read_procedure_code,
)


class Placed(Protocol):
    """Something that a finding can refer to."""

    @property
    def place(self) -> str:
        """Path within the episode."""

    @property
    def order(self) -> tuple[int, int]:
        """Sort key of the place: procedures first, a list before its items, then by index."""

    @property
    def submitted(self) -> str | None:
        """The code as submitted; None for a whole list."""


@dataclass(slots=True, eq=False)
class Procedure:
    """A procedure code at its index in the episode."""

    index: int
    submitted: str
    code: ProcedureCode

    @property
    def place(self) -> str:
        """Path within the episode."""
        return f"procedures[{self.index}].code"

    @property
    def order(self) -> tuple[int, int]:
        """Sort key of the place."""
        return 0, self.index


@dataclass(slots=True, eq=False)
class Diagnosis:
    """A diagnosis code at its index in the episode."""

    index: int
    submitted: str
    code: DiagnosisCode

    @property
    def place(self) -> str:
        """Path within the episode."""
        return f"diagnoses[{self.index}].code"

    @property
    def order(self) -> tuple[int, int]:
        """Sort key of the place."""
        return 1, self.index


@dataclass(frozen=True, slots=True)
class DiagnosisList:
    """The list of diagnoses as a whole."""

    place: str = "diagnoses"
    order: tuple[int, int] = (1, -1)
    submitted: None = None


class Group:
    """A main code and the supplementary codes that follow it, up to the next main code."""

    def __init__(self, main: Procedure, supplementary: list[Procedure]) -> None:
        """Find the levels, image control and sites among the supplementary codes."""
        self.main = main
        self.supplementary = supplementary
        self.levels: list[Procedure] = []
        self.image_control: list[Procedure] = []
        self.first_site: Procedure | None = None
        self.serving_spinal_sites: list[Procedure] = []
        """Its own spinal sites or, if none, those of the nearest later group that has some."""
        self.serving_other_site: Procedure | None = None
        """The first site that is not on the spine, in this or a later group of its operation."""
        for item in supplementary:
            code = item.code
            if code.levels:
                self.levels.append(item)
            elif code.image_control:
                self.image_control.append(item)
            elif code.spinal_site:
                self.first_site = self.first_site or item
                self.serving_spinal_sites.append(item)
            elif code.other_site:
                self.first_site = self.first_site or item
                self.serving_other_site = self.serving_other_site or item

    @property
    def displaced_levels(self) -> Procedure | None:
        """Its first V55 code, if that is not directly after the main code."""
        if self.levels and self.levels[0] is not self.supplementary[0]:
            return self.levels[0]
        return None


class CodedSequence:
    """The codes of one episode, divided into groups and operations."""

    def __init__(self, procedures: tuple[str, ...], diagnoses: tuple[str, ...]) -> None:
        self.procedures = [
            Procedure(index, code, read_procedure_code(code))
            for index, code in enumerate(procedures)
        ]
        self.diagnoses = [
            Diagnosis(index, code, read_diagnosis_code(code))
            for index, code in enumerate(diagnoses)
        ]
        self.diagnosis_list = DiagnosisList()
        starts = [item.index for item in self.procedures if item.code.main]
        self.groups = [
            Group(self.procedures[start], self.procedures[start + 1 : end])
            for start, end in pairwise([*starts, len(self.procedures)])
        ]
        self.unattached = self.procedures[: starts[0]] if starts else self.procedures
        """Supplementary codes before the first main code: they belong to no group."""
        self.operations = list(_operations(self.groups))
        self.spinal_groups = [group for operation in self.operations for group in operation]
        self.vertebroplasties = [
            group for group in self.spinal_groups if group.main.code.vertebroplasty
        ]

    @cached_property
    def readable_diagnoses(self) -> list[Diagnosis]:
        """The diagnoses that are well-formed ICD-10 codes."""
        return [diagnosis for diagnosis in self.diagnoses if not diagnosis.code.malformed]

    @property
    def primary_diagnosis(self) -> Diagnosis | None:
        """The first diagnosis, if it is a well-formed ICD-10 code."""
        first = self.diagnoses[0] if self.diagnoses else None
        return None if first is None or first.code.malformed else first


def in_scope(procedures: tuple[str, ...]) -> bool:
    """Return whether a list of procedures includes a vertebroplasty."""
    return any(map(_is_vertebroplasty, procedures))


@lru_cache(maxsize=KNOWN_CODES)
def _is_vertebroplasty(submitted: str) -> bool:
    return read_procedure_code(submitted).vertebroplasty


def _operations(groups: list[Group]) -> Iterator[list[Group]]:
    """Yield the unbroken runs of spinal groups; a group without a site takes a later one's."""
    for spinal, run in groupby(groups, key=lambda group: group.main.code.spinal):
        if not spinal:
            continue
        operation = list(run)
        for later, group in pairwise(reversed(operation)):
            group.serving_spinal_sites = group.serving_spinal_sites or later.serving_spinal_sites
            group.serving_other_site = group.serving_other_site or later.serving_other_site
        yield operation
