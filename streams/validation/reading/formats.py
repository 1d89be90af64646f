"""Formats and encodings that are not read, recognised by content so that a hint can name them."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic_core import from_json

from streams.validation.reading import hints
from streams.validation.reading.hints import Hint
from streams.validation.reading.hl7_message import begins_message

_DOCUMENTS: Final = (
    *(b"%PDF-", b"{\\rtf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),  # PDF, RTF, old Office
    *(b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"7z\xbc\xaf"),
    *(b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*"),
)
"""How documents, archives and images begin."""

_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WIDE_TEXT: Final = re.compile(rb"[ -~]\x00[ -~]\x00|[ -~]\x00{3}|\x00[ -~]\x00[ -~]")
_LINE_BYTES: Final = 4096
_SEPARATORS: Final = ",\t|;"
_LEAST_SEPARATORS: Final = 2
"""Of a line: identifier, provider and one code."""
_HL7_SEGMENT: Final = re.compile(
    rb"MSH[!-/:-@\[-`{-~]|(?:EVN|PID|PD1|PV[12]|NK1|IN[1-3]|GT1|AL1|OB[RX]|ORC|NTE|FT1|ACC|MRG|DRG"
    rb"|PR1|DG1|UB[12]|ROL|TXA|MSA|BTS|FTS|Z[A-Z][A-Z0-9])\|"
)
"""Segments of HL7 v2, or of a message with a separator that is not read."""

_MARKUP: Final = re.compile(r"\ufeff?\s*<")
_NEXT_EPISODE: Final = re.compile(rb"[\s,\x1e]*\{")
_PLACE: Final = re.compile(r"line (\d+) column (\d+)$")


def recognise_text(text: bytes, error: str) -> Hint | None:
    """Recognise what is not JSON, of which the parser said where and why."""
    if is_wide_text(text):
        return hints.UTF_16
    if text.startswith(_DOCUMENTS):
        return hints.DOCUMENT
    bare = text.lstrip()
    if bare.startswith((b"{", b"[")):
        return _recognise_broken_json(text, error)
    if _HL7_SEGMENT.match(bare):
        return hints.HL7_SEGMENT
    return hints.DELIMITED if _is_delimited(bare[:_LINE_BYTES]) else None


def is_wide_text(text: bytes) -> bool:
    """Return whether a text is of two or four bytes a character: UTF-16 or UTF-32."""
    if text.startswith(_WIDE_MARKS):
        return True
    return _WIDE_TEXT.match(text) is not None


def recognise_json(content: object) -> Hint | None:
    """Recognise JSON that is no object."""
    if isinstance(content, list):
        return hints.ARRAY
    if not isinstance(content, str):
        return None
    if begins_message(content.encode()) or _MARKUP.match(content):
        return hints.MESSAGE_IN_TEXT
    return hints.JSON_IN_TEXT if isinstance(_json_or_none(content), dict) else None


def recognise_object(members: Mapping[str, object]) -> Hint | None:
    """Recognise a JSON object that is no episode."""
    return hints.ARRAY if any(map(_holds_episodes, members.values())) else None


def _holds_episodes(member: object) -> bool:
    """Return whether the first entry of a list is an object with an episode's identifier."""
    first = member[0] if isinstance(member, list) and member else None
    return isinstance(first, dict) and "episode_id" in first


def _recognise_broken_json(text: bytes, error: str) -> Hint | None:
    if error.startswith("EOF while parsing"):
        return hints.CUT_SHORT
    if error.startswith("trailing characters"):
        return hints.SEVERAL_EPISODES if _NEXT_EPISODE.match(text, _offset(text, error)) else None
    if _json_or_none(text) is not None:
        return hints.NOT_A_NUMBER
    try:
        text.decode()
    except UnicodeDecodeError:
        return hints.WINDOWS_1252 if _json_or_none(text.decode("latin-1")) is not None else None
    return None


def _json_or_none(text: bytes | str) -> object:
    try:
        return from_json(text)
    except ValueError:
        return None


def _offset(text: bytes, error: str) -> int:
    """Return the offset of the line and column, both from 1, that an error names."""
    place = _PLACE.search(error)
    line, column = map(int, place.groups()) if place else (1, 1)
    before = text.split(b"\n", line - 1)[: line - 1]
    return sum(map(len, before)) + len(before) + column - 1


def _is_delimited(head: bytes) -> bool:
    """Return whether text begins with a line of fields between the same separator."""
    first, *_ = [*head.decode("cp1252", "replace").splitlines(), ""]
    return (
        first.replace("\t", "").isprintable()
        and "{" not in first
        and any(first.count(separator) >= _LEAST_SEPARATORS for separator in _SEPARATORS)
    )
