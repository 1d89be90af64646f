"""From an episode of any format to the native one."""

import json
from collections.abc import Iterable
from typing import Any, Final

from schemas.episode import Episode, Withdrawal
from streams.validation.placed import Diagnosis, Procedure, read_diagnoses, read_procedures

_OTHERS: Final = ("spell_id", "episode_number", "start_date", "end_date")


def to_native(read: Episode | Withdrawal) -> bytes:
    """Return the native JSON of an episode or a withdrawal.

    Codes are in reading order, without positions and empty slots; what was not read is left out.
    """
    members: dict[str, Any] = {"episode_id": read.episode_id, "provider_code": read.provider_code}
    if isinstance(read, Withdrawal):
        members["withdrawn"] = True
    else:
        members["procedures"] = _entries(read_procedures(read))
        members["diagnoses"] = _entries(read_diagnoses(read))
        members |= {name: found for name in _OTHERS if (found := getattr(read, name)) is not None}
    return json.dumps(members, ensure_ascii=False, default=str).encode()


def _entries(items: Iterable[Procedure | Diagnosis]) -> list[str | dict[str, Any]]:
    return [
        {"code": item.submitted, "date": item.day} if item.day else item.submitted for item in items
    ]
