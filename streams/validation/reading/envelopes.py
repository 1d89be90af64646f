"""Envelopes: JSON objects that hold an episode, as tools on Kafka write them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.hints import BASE64_DATA
from streams.validation.reading.json_text import Members
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


def open_envelope(members: Members, unopened: AbstractSet[Envelope]) -> Opened | Rejection | None:
    """Open an envelope of one of the kinds in `unopened`; None if the object is none of these.

    An object that names parts of an episode itself is never taken for an envelope.
    """
    names = {name for name, _ in members}
    kind = _kind(names)
    if kind is None or kind not in unopened:
        return None
    if repeated := members.repeated(_NAMES):
        return reject(
            Reason.NOT_AN_EPISODE, [Fault(place=name, message=REPEATED) for name in repeated]
        )
    once = dict(members)
    match kind:
        case Envelope.CONNECT:
            return Opened(kind, PAYLOAD, once[PAYLOAD])
        case Envelope.DEBEZIUM:
            return _open_debezium(once)
        case Envelope.CLOUDEVENTS:
            if once.get(_DATA) is None:
                return _refused(_DATA, REQUIRED, encoded=_BASE64 in once)
            return Opened(kind, _DATA, once[_DATA])
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


def _open_debezium(once: dict[str, object]) -> Opened | Rejection:
    """Return the row after its change or, where it was deleted, before it."""
    match once[_OPERATION]:
        case "c" | "r" | "u":
            place = _AFTER
        case "d":
            place = _BEFORE
        case _:  # "t", a table that was truncated, and "m", a message, are of no row
            return _refused(_OPERATION, "should be c, r, u or d")
    if once.get(place) is None:
        return _refused(place, REQUIRED)
    return Opened(Envelope.DEBEZIUM, place, once[place], deleted=place == _BEFORE)


def _refused(place: str, message: str, *, encoded: bool = False) -> Rejection:
    fault = Fault(place=place, message=message)
    return reject(Reason.NOT_AN_EPISODE, [fault], BASE64_DATA if encoded else None)
