"""From bytes to a verdict or a command; what is neither is told from them."""

from typing import Final, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.alert import AlertCommand
from schemas.rejection import Fault
from schemas.verdict import Verdict
from streams.packed import Packed

MOST_FAULTS: Final = 20

T = TypeVar("T", bound=BaseModel)


class Unreadable(NamedTuple):
    """Why a value could not be read: what it should have been, and what is wrong with it."""

    reason: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """Say it in a line, without quoting the value."""
        told = "; ".join(f"{fault.place} {fault.message}".strip() for fault in self.faults)
        return f"{self.reason}: {told}"


def read_verdict(value: bytes | Packed | None) -> Verdict | Unreadable:
    """Read a verdict."""
    return _read(Verdict, value, "not-a-verdict")


def read_command(value: bytes | Packed | None) -> AlertCommand | Unreadable:
    """Read a command."""
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
                for fault in faults[:MOST_FAULTS]
            ),
        )
