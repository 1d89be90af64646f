"""HL7 v2 messages as text: segments, fields, repetitions, components and escapes."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from streams.validation.reading import windows_1252

FIELD_PATH: Final = r"^[A-Z][A-Z0-9]{2}-[1-9][0-9]{0,2}(\.[1-9][0-9]?){0,2}$"
"""A field, component or subcomponent, as HL7 numbers them: `PV1-19`, `PV1-19.1`, `PV1-3.4.1`."""

MESSAGE: Final = b"MSH|"
BATCHES: Final = (b"FHS|", b"BHS|")
BEFORE_MESSAGE: Final = b" \t\r\n\x0b\x1c\xef\xbb\xbf"
"""Blanks, the bytes that MLLP puts around a message, and those of a byte order mark."""

_SEGMENT_ENDS: Final = re.compile(r"\r\n|[\r\n\x0b\x1c]")
"""With the bytes that MLLP puts around a message."""

_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9]{2}(?:\||$)")
_DELIMITERS: Final = r"^~\&"
"""Between components and repetitions, around escapes, between subcomponents."""

_NULL: Final = '""'
_ENCODING_FIELD: Final = 17
"""Index of MSH-18: the first separator is MSH-1, so its fields are numbered one higher."""

_UTF_8: Final = "utf-8"
_ENCODINGS: Final = {
    **{f"8859/{part}": f"iso8859_{part}" for part in (*range(2, 10), 15)},
    **dict.fromkeys(("8859/1", "WINDOWS-1252", "WINDOWS 1252", "CP1252", "1252"), "cp1252"),
}
"""Of table 0211, and as seen; all others are read as UTF-8."""


def begins_message(content: bytes) -> bool:
    """Return whether content begins with a message, or with a batch of them."""
    return content.lstrip(BEFORE_MESSAGE).startswith((MESSAGE, *BATCHES))


class Delimiters(NamedTuple):
    """The characters of MSH-2."""

    component: str
    repetition: str
    escape: str
    subcomponent: str

    def value(self, repetition: str, component: int, subcomponent: int = 1) -> str | None:
        """Return a value without escapes; None if it is absent, blank or HL7's null."""
        text = _nth(repetition, self.component, component)
        text = _nth(text, self.subcomponent, subcomponent)
        if not text.strip() or text == _NULL:
            return None
        if self.escape not in text:
            return text
        escape = re.escape(self.escape)
        pattern = rf"{escape}(?:([FSTRE])|X((?:[0-9A-Fa-f]{{2}})++)|[^{escape}]*+){escape}"
        return re.sub(pattern, partial(_unescape, self), text)


def _nth(text: str, delimiter: str, number: int) -> str:
    parts = text.split(delimiter, number)
    return parts[number - 1] if number <= len(parts) else ""


def _unescape(delimiters: Delimiters, escaped: re.Match[str]) -> str:
    """Return what an escape sequence stands for; one that formats text stays as it is."""
    name, digits = escaped.groups()
    if digits:
        return _decode(bytes.fromhex(digits), _UTF_8)
    characters = {
        "F": "|",
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
    }
    return characters[name] if name else escaped[0]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment, with its fields as HL7 numbers them: 0 is its name."""

    fields: list[str]
    delimiters: Delimiters

    def repetitions(self, field: int) -> list[str]:
        """Return the repetitions of a field; at least one, which may be empty."""
        return self._text(field).split(self.delimiters.repetition)

    def blank(self, field: int) -> bool:
        """Return whether there is nothing in a field, or only blanks."""
        return not self._text(field).strip()

    def _text(self, field: int) -> str:
        return self.fields[field] if field < len(self.fields) else ""

    def value(self, field: int, component: int = 1, subcomponent: int = 1) -> str | None:
        """Return a value of the first repetition of a field."""
        return self.delimiters.value(self.repetitions(field)[0], component, subcomponent)


class Message:
    """The segments of one message or more, by name."""

    def __init__(self, content: bytes, encoding: str | None) -> None:
        """Read content that begins with an MSH segment, and may declare its encoding there."""
        lines = _SEGMENT_ENDS.split(_decode(content, encoding or _encoding(content)))
        self._lines = defaultdict[str, list[str]](list)
        self.odd_lines: list[int] = []
        """Numbers, from 1, of the lines that are neither segments nor blank."""
        for number, line in enumerate(lines, 1):
            if _SEGMENT.match(line):
                self._lines[line[:3]].append(line)
            elif line.strip():
                self.odd_lines.append(number)
        given = lines[0].split("|", 2)[1]
        self._delimiters = Delimiters(*(given + _DELIMITERS[len(given) :])[: len(_DELIMITERS)])

    def count(self, name: str) -> int:
        """Return the number of segments of a name."""
        return len(self._lines[name])

    def segments(self, name: str) -> Iterator[Segment]:
        """Yield the segments of a name, in order."""
        for line in self._lines[name]:
            yield Segment(self._fields(line), self._delimiters)

    def value(self, path: str) -> str | None:
        """Return the value at a field path, in the first segment of its name."""
        name, _, numbers = path.partition("-")
        field, *parts = map(int, numbers.split("."))
        first = next(self.segments(name), None)
        return first.value(field, *parts) if first else None

    def _fields(self, line: str) -> list[str]:
        fields = line.split("|")
        return [fields[0], "|", *fields[1:]] if fields[0] == "MSH" else fields


def _encoding(content: bytes) -> str:
    """Return the encoding that MSH-18 declares."""
    fields = re.split(rb"[\r\n]", content, maxsplit=1)[0].split(b"|", _ENCODING_FIELD + 1)
    declared = fields[_ENCODING_FIELD] if len(fields) > _ENCODING_FIELD else b""
    name = re.split(rb"[~^]", declared)[0].decode("latin-1").strip().upper()
    return _ENCODINGS.get(name, _UTF_8)


def _decode(content: bytes, encoding: str) -> str:
    """Decode text; where it is not in its encoding, as Windows-1252."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return windows_1252.decode(content)
