"""Recognising lines, a JSON array, JSON objects on several lines or an XML document by content."""

import re
from enum import StrEnum
from typing import Final

from schemas.rejection import Fault
from streams.validation.reading.hl7_message import begins_message
from streams.validation.reading.xml_text import read_xml

_SKIPPED: Final = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\\r\n]++|\\.)*+")*+')
"""Text between brackets. JSON has no line ends within a string."""

_SCALAR: Final = re.compile(rb'"(?:[^"\\\r\n]++|\\.)*+"|[^\s"{}\[\],]++')
_BLANKS: Final = re.compile(rb"[ \t\r\n]*+")
_CLOSING: Final = {b"{": b"}", b"[": b"]"}


class Shape(StrEnum):
    """How the records of a file follow each other."""

    LINES = "lines"
    """Of JSON, or rows of delimited text below a header."""
    ARRAY = "array"
    OBJECTS = "objects"
    """Each on any number of lines."""
    MESSAGES = "messages"
    """Of HL7 v2."""
    XML = "xml"
    """One document, which may be an interchange of many messages."""


def recognise_shape(head: bytes, *, whole: bool) -> Shape:
    """Return the shape of a file, from its head or the whole content.

    The default is lines, so that each line of a broken file gets a verdict.
    """
    if begins_message(head):
        return Shape.MESSAGES
    start = _after_blanks(head, 0)
    if head.startswith(b"{", start):
        return Shape.OBJECTS if _is_objects(head, start) else Shape.LINES
    if head.startswith(b"<", start):
        return Shape.XML if _is_one_document(head[start:]) else Shape.LINES
    if head.startswith(b"[", start):
        return Shape.ARRAY if _is_array(head, start + 1, whole=whole) else Shape.LINES
    return Shape.LINES


def _is_one_document(head: bytes) -> bool:
    """Return whether XML goes on behind its first line, or has only one."""
    first, _, rest = head.partition(b"\n")
    return not rest.strip() or isinstance(read_xml(first), Fault)


def _is_objects(head: bytes, start: int) -> bool:
    """Return whether the object at `start` is on several lines, or not the only one on its line."""
    end = _balanced_end(head, start)
    if end is None:
        return False
    following = _after_blanks(head, end)
    beside = head.startswith(b"{", following) and b"\n" not in head[end:following]
    return beside or b"\n" in head[start:end]


def _is_array(head: bytes, start: int, *, whole: bool) -> bool:
    """Return whether comma-separated values, the first of them an object, begin at `start`.

    If the head is not the whole content, the complete values must make up most of it.
    """
    position = _after_blanks(head, start)
    if not head.startswith((b"{", b"]"), position):
        return False
    while not head.startswith(b"]", position):
        end = _value_end(head, position)
        if end is None:
            return not whole and position > len(head) / 2
        position = _after_blanks(head, end)
        if head.startswith(b",", position):
            position = _after_blanks(head, position + 1)
        elif not head.startswith(b"]", position):
            return not whole and position == len(head)
    return not head[position + 1 :].strip()


def _value_end(head: bytes, start: int) -> int | None:
    if head.startswith((b"{", b"["), start):
        return _balanced_end(head, start)
    scalar = _SCALAR.match(head, start)
    return scalar.end() if scalar else None


def _balanced_end(head: bytes, start: int) -> int | None:
    """Return the end of the object or list that begins at `start`; None if there is none."""
    awaited: list[bytes] = []
    position = start
    while skipped := _SKIPPED.match(head, position):
        position = skipped.end() + 1
        bracket = head[position - 1 : position]
        if bracket in _CLOSING:
            awaited.append(_CLOSING[bracket])
        elif not awaited or bracket != awaited.pop():
            return None
        elif not awaited:
            return position
    return None


def _after_blanks(head: bytes, position: int) -> int:
    blanks = _BLANKS.match(head, position)
    return blanks.end() if blanks else position
