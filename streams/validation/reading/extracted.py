"""An episode taken out of another format: in the native one's words, with the place of each."""

from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from schemas.episode import CODES_IN_A_LIST, Episode, Format, Withdrawal
from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection, Remark
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
    remarks: list[Remark] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """What makes it no episode, other than its members."""

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
        """Say what is left out, of the first things that are."""
        if len(self.remarks) < MAX_FAULTS:
            self.remarks.append(Remark(place=place, message=message))

    def refuse(self, place: str, message: str) -> None:
        """Say what makes it no episode."""
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
        remarks = tuple(islice(dict.fromkeys(chain(self.remarks, found)), MAX_FAULTS))
        return read.model_copy(
            update={"format": self.format, "places": self.places, "remarks": remarks}
        )

    def _place(self, native: str) -> str:
        return self.places.get(native, native)
