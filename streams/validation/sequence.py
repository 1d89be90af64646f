"""An episode's codes, read once: groups, operations, sites, and what rules look at."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final, Self

from streams.validation.placed import Diagnosis, Procedure


@dataclass(frozen=True, slots=True)
class Leading:
    """What stands, or may stand unread, before the first main code of the episode."""

    levels: bool = False
    image_control: bool = False
    spinal_site: bool = False

    @classmethod
    def of(cls, procedures: Sequence[Procedure]) -> Self:
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

    levels: Sequence[Procedure] = ()
    image_control: Sequence[Procedure] = ()
    late_image_control: Sequence[Procedure] = ()
    """Image control after its first site."""
    late_methods: Sequence[Procedure] = ()
    """Other methods after its first site."""
    spinal_sites: Sequence[Procedure] = ()
    first_site: Procedure | None = None
    """Its first code of chapter Z or its overflow categories, laterality included."""
    other_site: Procedure | None = None
    """Its first site that is not on the spine."""
    later_image_control = False
    """Whether a later group of its operation has image control."""

    leading = _NOTHING_LEADS
    """What stands before the first main code, for the first group."""

    def __init__(self, main: Procedure, followers: Sequence[Procedure]) -> None:
        """Find the role of each code that follows the main code."""
        self.main = main
        self.unreadable = main.code.may_hold_more
        """Whether one of its codes cannot be read, and may stand for anything that it lacks."""
        for item in followers:
            code = item.code
            if code.malformed and (code.may_hold_more or code.unreadable):
                self.unreadable = True
            if code.levels:
                self.levels = [*self.levels, item]
            elif code.site:
                self._add_site(item)
            elif code.image_control:
                self.image_control = [*self.image_control, item]
                if self.first_site:
                    self.late_image_control = [*self.late_image_control, item]
            elif self.first_site and code.method:
                self.late_methods = [*self.late_methods, item]
        self.supplementary = (
            [item for item in followers if not item.code.unreadable]
            if self.unreadable
            else followers
        )
        """Without unreadable codes."""
        self.serving_sites = self.spinal_sites
        """Its own spinal sites or, if none, those of the nearest later group of its operation."""
        self.serving_other_site = self.other_site
        """The first site not on the spine, in this or a later group of its operation."""
        self.unreadable_from_here = self.unreadable
        """Whether this or a later group of its operation has an unreadable code."""

    def _add_site(self, item: Procedure) -> None:
        self.first_site = self.first_site or item
        if item.code.spinal_site:
            self.spinal_sites = [*self.spinal_sites, item]
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

    What rules look at is gathered here once. An attribute with a default is set only where there
    is something, so that a rule costs nothing where it cannot speak.
    """

    malformed: Sequence[Procedure] = ()
    invalid: Sequence[Procedure] = ()
    """Well-formed codes that are no complete code of the classification."""
    leading: Sequence[Procedure] = ()
    """Codes before the first main code: they belong to no group."""
    stray_levels: Sequence[Procedure] = ()
    """V55 codes of no group with a spinal main code."""
    without_levels: Sequence[Group] = ()
    """Groups with a spinal main code and no V55 code."""
    irregular_levels: Sequence[Group] = ()
    """Groups with several V55 codes, or one that is not in second place."""
    several_sites: Sequence[Group] = ()
    """Groups with several spinal sites."""
    repeated: Sequence[Group] = ()
    """Vertebroplasties after the first."""
    without_image_control: Sequence[Group] = ()
    """Vertebroplasties without, and so below."""
    several_image_control: Sequence[Group] = ()
    late_image_control: Sequence[Group] = ()
    late_methods: Sequence[Group] = ()
    without_spinal_site: Sequence[Group] = ()
    """Vertebroplasties that no spinal site serves."""
    joints_and_discs: Sequence[Procedure] = ()
    allowed_unspecified: Sequence[Procedure] = ()
    primary_diagnosis: Diagnosis | None = None
    """The first diagnosis, if it is a well-formed ICD-10 code."""
    without_diagnoses = False
    without_indication = False
    """Whether there are diagnoses, and none is a usual indication."""
    asterisk_codes: Sequence[Diagnosis] = ()
    collapsed_vertebrae: Sequence[Diagnosis] = ()
    external_causes: Sequence[Diagnosis] = ()
    indications: Sequence[Diagnosis] = ()
    injuries: Sequence[Diagnosis] = ()
    malformed_diagnoses: Sequence[Diagnosis] = ()
    osteoporosis: Sequence[Diagnosis] = ()
    """Without fracture."""
    osteoporotic_fractures: Sequence[Diagnosis] = ()
    without_fifth_character: Sequence[Diagnosis] = ()

    def __init__(self, procedures: list[Procedure], diagnoses: list[Diagnosis]) -> None:
        """Divide procedures, at least one of them a vertebroplasty, and sort diagnoses."""
        self.procedures = procedures
        starts = [item.at for item in procedures if item.code.main]
        self.groups = [
            Group(procedures[start], procedures[start + 1 : end])
            for start, end in pairwise([*starts, len(procedures)])
        ]
        self.operations = _operations(self.groups)
        self.vertebroplasties = [group for group in self.groups if group.main.code.vertebroplasty]
        found: defaultdict[str, list[Any]] = defaultdict(list)
        _gather_roles(procedures, found)
        _gather_roles(diagnoses, found)
        if starts[0]:
            found["leading"] = leading = procedures[: starts[0]]
            self.groups[0].leading = Leading.of(leading)
            if stray := [item for item in leading if item.code.levels]:
                found["stray_levels"] = stray
        for group in self.groups:
            _gather_levels(group, found)
        for group in self.vertebroplasties:
            _gather_vertebroplasty(group, found)
        if len(self.vertebroplasties) > 1:
            found["repeated"] = self.vertebroplasties[1:]
        vars(self).update(found)
        if not diagnoses:
            self.without_diagnoses = True
        elif not self.indications:
            self.without_indication = True
        if diagnoses and not diagnoses[0].code.malformed:
            self.primary_diagnosis = diagnoses[0]


def _gather_roles(
    items: Sequence[Procedure] | Sequence[Diagnosis], found: defaultdict[str, list[Any]]
) -> None:
    for item in items:
        for role in item.code.roles:
            found[role].append(item)


def _gather_levels(group: Group, found: defaultdict[str, list[Any]]) -> None:
    if not group.main.code.spinal:
        if group.levels:
            found["stray_levels"] += group.levels
    elif not group.levels:
        found["without_levels"].append(group)
    elif len(group.levels) > 1 or group.displaced_levels:
        found["irregular_levels"].append(group)
    if len(group.spinal_sites) > 1:
        found["several_sites"].append(group)


def _gather_vertebroplasty(group: Group, found: defaultdict[str, list[Any]]) -> None:
    if not group.image_control:
        found["without_image_control"].append(group)
    elif len(group.image_control) > 1:
        found["several_image_control"].append(group)
    if group.late_image_control:
        found["late_image_control"].append(group)
    if group.late_methods:
        found["late_methods"].append(group)
    if not group.serving_sites:
        found["without_spinal_site"].append(group)


def _operations(groups: Sequence[Group]) -> list[list[Group]]:
    """Return the unbroken runs of groups on the spine at one visit to theatre."""
    operations: list[list[Group]] = []
    continues = False
    last_day: date | None = None
    for group in groups:
        if not (group.main.code.spinal or group.spinal_sites):
            continues = False
            continue
        day = group.main.day
        if continues and not (day and last_day and day != last_day):
            operations[-1].append(group)
            last_day = day or last_day
        else:
            operations.append([group])
            last_day = day
        continues = True
    for operation in operations:
        _link(operation)
    return operations


def _link(operation: Sequence[Group]) -> None:
    """Link each group of an operation to what the groups after it contribute."""
    for later, group in pairwise(reversed(operation)):
        group.serving_sites = group.spinal_sites or later.serving_sites
        group.serving_other_site = group.other_site or later.serving_other_site
        group.unreadable_from_here = group.unreadable or later.unreadable_from_here
        group.later_image_control = bool(later.image_control) or later.later_image_control
