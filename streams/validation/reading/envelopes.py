"""Envelopes: JSON objects that hold an episode, as tools on Kafka write them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, assert_never

from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.hints import BASE64_DATA
from streams.validation.reading.json_text import repeated
from streams.validation.reading.rejections import REPEATED, REQUIRED, reject


class Envelope(StrEnum):
    """A kind of envelope."""

    CONNECT = "connect"
    DEBEZIUM = "debezium"
    CLOUDEVENTS = "cloudevents"


@dataclass(frozen=True, slots=True)
class Opened:
    """What an envelope holds."""

    kind: Envelope
    place: str
    """The member that holds it."""
    content: object
    deleted: bool = False
    """Whether the envelope says that its content is no more."""


_OF_AN_EPISODE: Final = frozenset({"episode_id", "procedures", "diagnoses"})
PAYLOAD: Final = "payload"
"""The member of Kafka Connect's envelope that holds the value, which may be null."""

_SCHEMA = "schema"
_OPERATION, _BEFORE, _AFTER = "op", "before", "after"
_VERSION, _DATA, _BASE64 = "specversion", "data", "data_base64"
_NAMES: Final = (PAYLOAD, _OPERATION, _BEFORE, _AFTER, _DATA)


def open_envelope(
    members: dict[str, Any], unopened: AbstractSet[Envelope]
) -> Opened | Rejection | None:
    """Open an envelope of one of the kinds in `unopened`; None if the object is none of these.

    An object that names parts of an episode itself is never taken for an envelope.
    """
    kind = _kind(members.keys())
    if kind is None or kind not in unopened:
        return None
    if ambiguous := repeated(members, _NAMES):
        return reject(
            Reason.NOT_AN_EPISODE, [Fault(place=name, message=REPEATED) for name in ambiguous]
        )
    match kind:
        case Envelope.CONNECT:
            return Opened(kind, PAYLOAD, members[PAYLOAD])
        case Envelope.DEBEZIUM:
            return _open_debezium(members)
        case Envelope.CLOUDEVENTS:
            if members.get(_DATA) is None:
                return _refused(_DATA, REQUIRED, encoded=_BASE64 in members)
            return Opened(kind, _DATA, members[_DATA])
        case _:
            assert_never(kind)


def _kind(names: AbstractSet[str]) -> Envelope | None:
    if names & _OF_AN_EPISODE:
        return None
    if {_SCHEMA, PAYLOAD} <= names:
        return Envelope.CONNECT
    if _OPERATION in names and names & {_BEFORE, _AFTER}:
        return Envelope.DEBEZIUM
    return Envelope.CLOUDEVENTS if _VERSION in names else None


def _open_debezium(members: dict[str, Any]) -> Opened | Rejection:
    """Return the row after its change or, where it was deleted, before it."""
    match members[_OPERATION]:
        case "c" | "r" | "u":
            place = _AFTER
        case "d":
            place = _BEFORE
        case _:  # "t", a table that was truncated, and "m", a message, are of no row
            return _refused(_OPERATION, "should be c, r, u or d")
    if members.get(place) is None:
        return _refused(place, REQUIRED)
    return Opened(Envelope.DEBEZIUM, place, members[place], deleted=place == _BEFORE)


def _refused(place: str, message: str, *, encoded: bool = False) -> Rejection:
    fault = Fault(place=place, message=message)
    return reject(Reason.NOT_AN_EPISODE, [fault], BASE64_DATA if encoded else None)
