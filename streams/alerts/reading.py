"""Reading the bytes of a record as a verdict or a command."""

from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.alert import AlertCommand
from schemas.rejection import MAX_FAULTS, Fault
from schemas.verdict import Verdict
from streams.packed import Packed

T = TypeVar("T", bound=BaseModel)


class Unreadable(NamedTuple):
    """Why a value could not be read: what it is not, and its faults."""

    reason: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """Return reason and faults in one line, without quoting the value."""
        faults = "; ".join(f"{fault.place} {fault.message}".strip() for fault in self.faults)
        return f"{self.reason}: {faults}"


def read_verdict(value: bytes | Packed | None) -> Verdict | Unreadable:
    """Read a verdict; never raises."""
    return _read(Verdict, value, "not-a-verdict")


def read_command(value: bytes | Packed | None) -> AlertCommand | Unreadable:
    """Read a command; never raises."""
    return _read(AlertCommand, value, "not-a-command")


def _read(model: type[T], value: bytes | Packed | None, reason: str) -> T | Unreadable:
    if isinstance(value, Packed):
        return Unreadable(reason, (Fault(place="", message=f"has {len(value)} bytes"),))
    try:
        return model.model_validate_json(value or b"")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return Unreadable(
            reason,
            tuple(
                Fault(place=".".join(map(str, fault["loc"])), message=fault["msg"])
                for fault in faults[:MAX_FAULTS]
            ),
        )
