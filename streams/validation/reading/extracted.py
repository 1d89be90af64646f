"""An episode taken out of another format: in the native one's words, with the place of each."""

from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from schemas.episode import CODES_IN_A_LIST, Episode, Format, Withdrawal
from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection, Remark
from streams.validation.reading.code_lists import PROCEDURES
from streams.validation.reading.native import read_native
from streams.validation.reading.rejections import reject


@dataclass(slots=True)
class Extracted:
    """What a reader of another format found. `read` decides what it is, as for a native episode."""

    format: Format
    members: dict[str, Any] = field(default_factory=dict)
    """Members of a native episode."""
    places: dict[str, str] = field(default_factory=dict)
    """By the place in the native episode, for example `procedures[0].code`."""
    remarks: dict[Remark, None] = field(default_factory=dict)
    left_out: dict[Remark, None] = field(default_factory=dict)
    """Remarks on codes."""
    faults: list[Fault] = field(default_factory=list)
    """What makes it no episode, other than its members."""
    unread_procedures: int = 0
    more: int = 0
    """Number of remarks that were not kept."""

    def put(self, name: str, content: object, place: str) -> None:
        """Set a member that is no list of codes; None says only where it was looked for."""
        self.places[name] = place
        if content is not None:
            self.members[name] = content

    def add(self, name: str, code: object, place: str, **details: tuple[object, str]) -> None:
        """Append an entry to `procedures` or `diagnoses`; `date` and `position` with their places.

        A code that is None is an empty slot; a detail that is None is none. Of what is too many,
        one is enough.
        """
        entries = self.members.setdefault(name, [])
        if len(entries) > CODES_IN_A_LIST:
            return
        entry = f"{name}[{len(entries)}]"
        self.places[entry] = self.places[f"{entry}.code"] = place
        self.places |= {f"{entry}.{detail}": found for detail, (_, found) in details.items()}
        contents = {each: content for each, (content, _) in details.items() if content is not None}
        entries.append({"code": code, **contents})

    def remark(self, place: str, message: str) -> None:
        """Note what is left out, other than a code, or how a code is read."""
        self._say(self.remarks, place, message)

    def leave_out(self, name: str, place: str, message: str) -> None:
        """Note that a code of `procedures` or `diagnoses` is left out, and why."""
        self.unread_procedures += name == PROCEDURES
        self._say(self.left_out, place, message)

    def _say(self, remarks: dict[Remark, None], place: str, message: str) -> None:
        if len(remarks) < MAX_FAULTS:
            remarks[Remark(place=place, message=message)] = None
        else:
            self.more += 1

    def refuse(self, place: str, message: str) -> None:
        """Note what makes it no episode."""
        self.faults.append(Fault(place=place, message=message))

    def read(self) -> Episode | Withdrawal | Rejection:
        """Read it as a native episode; places are those of its own format."""
        read = read_native(self.members)
        if isinstance(read, Rejection):
            places = {each.place for each in self.faults}
            faults = [
                Fault(place=place, message=each.message)
                for each in read.errors
                if (place := self._place(each.place)) not in places
            ]
            return read.model_copy(
                update={"errors": tuple(islice(chain(self.faults, faults), MAX_FAULTS))}
            )
        if self.faults:
            identity = {"episode_id": read.episode_id, "provider_code": read.provider_code}
            return reject(Reason.NOT_AN_EPISODE, self.faults, identity=identity)
        if isinstance(read, Withdrawal):
            return read.model_copy(update={"format": self.format})
        found = (
            Remark(place=self._place(each.place), message=each.message) for each in read.remarks
        )
        remarks = [*dict.fromkeys(chain(self.left_out, self.remarks, found))]
        return read.model_copy(
            update={
                "format": self.format,
                "places": self.places,
                "remarks": _first(remarks, self.more),
                "unread_procedures": self.unread_procedures,
            }
        )

    def _place(self, native: str) -> str:
        return self.places.get(native, native)


def _first(remarks: list[Remark], more: int) -> tuple[Remark, ...]:
    """Return as many remarks as are kept; if there are more, the last one says how many."""
    more += max(0, len(remarks) - MAX_FAULTS)
    if not more:
        return tuple(remarks)
    *first, last = remarks[:MAX_FAULTS]
    message = f"and {more + 1:,} places more: something was left out"
    return (*first, Remark(place=last.place, message=message))
