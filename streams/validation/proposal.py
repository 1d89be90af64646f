"""Fixes of a sequence: the edits that rules propose, in words and applied."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.codes import ProcedureCode, dotted, read_procedure_code
from schemas.verdict import Action, Fix, Position
from streams.validation.placed import Procedure
from streams.validation.sequence import CodedSequence

_TEXTS: Final = {
    (Action.INSERT, Position.AFTER): "Insert {0} directly after {1}",
    (Action.MOVE, Position.AFTER): "Move {0} directly after {1}",
    (Action.MOVE, Position.BEFORE): "Move {0} directly before {1}",
    (Action.REPLACE, Position.INSTEAD): "Replace {1} with {0}",
}
"""{0} is the code, {1} that of the episode that it goes beside or replaces."""

_MALFORMED: Final = "the malformed code"
_FALLBACK: Final = "; check the record first, and use {0} only if it does not say more."
"""What an unspecified code is proposed with."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a list of procedures."""

    action: Action
    code: ProcedureCode
    position: Position
    anchor: Procedure
    moved: Procedure | None = None

    def as_fix(self, places: Mapping[str, str]) -> Fix:
        """Return the edit as the fix of a finding; its text never quotes a malformed code."""
        place = self.anchor.place
        anchor = self.anchor.code
        replaced = anchor.malformed and self.action is Action.REPLACE
        end = _FALLBACK if self.moved is None and self.code.unspecified else "."
        return Fix(
            action=self.action,
            code=self.code.shown,
            position=self.position,
            anchor=places.get(place, place),
            text=(_TEXTS[self.action, self.position] + end).format(
                dotted(self.code.text), _MALFORMED if replaced else dotted(anchor.text)
            ),
        )


def insert(code: str, *, after: Procedure) -> Edit:
    """Propose a new code directly after one of the episode's."""
    return Edit(Action.INSERT, read_procedure_code(code), Position.AFTER, after)


def move_after(moved: Procedure, anchor: Procedure) -> Edit:
    """Propose to move a code directly after another."""
    return Edit(Action.MOVE, moved.code, Position.AFTER, anchor, moved)


def move_before(moved: Procedure, anchor: Procedure) -> Edit:
    """Propose to move a code directly before another."""
    return Edit(Action.MOVE, moved.code, Position.BEFORE, anchor, moved)


def replace(replaced: Procedure, code: str) -> Edit:
    """Propose another code instead of one of the episode's."""
    return Edit(Action.REPLACE, read_procedure_code(code), Position.INSTEAD, replaced)


def propose(sequence: CodedSequence, edits: list[Edit]) -> tuple[str, ...]:
    """Return the dotted procedure codes of a sequence with every edit applied.

    If several codes go beside the same one, levels of spine come first, then reading order holds.
    """
    shown = [item.code.shown for item in sequence.procedures]
    for edit in edits:
        if edit.action is Action.REPLACE:
            shown[edit.anchor.at] = edit.code.shown
    before: defaultdict[int, list[str]] = defaultdict(list)
    after: defaultdict[int, list[str]] = defaultdict(list)
    moved = set()
    for edit in sorted(
        edits, key=lambda edit: (not edit.code.levels, (edit.moved or edit.anchor).at)
    ):
        beside = before if edit.position is Position.BEFORE else after
        if edit.moved:
            moved.add(edit.moved.at)
            beside[edit.anchor.at].append(shown[edit.moved.at])
        elif edit.action is Action.INSERT:
            beside[edit.anchor.at].append(edit.code.shown)
    codes: list[str] = []
    for at, code in enumerate(shown):
        codes += before.get(at, ())
        if at not in moved:
            codes.append(code)
        codes += after.get(at, ())
    return tuple(codes)
