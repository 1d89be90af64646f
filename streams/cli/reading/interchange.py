"""The records of a CDS interchange: its messages, each as a document of its own."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree

from streams.cli.reading.objects import Numbered
from streams.cli.reading.partial import BLANKS, Oversized, Partial
from streams.errors import OperatorError
from streams.validation.reading.xml_text import PARSER_OPTIONS, encoding_of

_MESSAGES: Final = tuple(
    f"{{*}}{name}"
    for name in (
        *("CDSNetChange-All-MessageTypes", "CDSMessage"),
        *(f"CDSBulkGroup-{number:03}-Message" for number in range(10, 210, 10)),
    )
)
"""The elements of an interchange that hold a message, in any namespace."""

_READ_WITHOUT_MESSAGE: Final = 4
"""How many times the largest record is read for one message, which is in memory as a whole."""


def split_interchange(
    pieces: Iterable[bytes], max_bytes: int, source: str
) -> Iterator[list[Numbered]]:
    """Split behind the end of a message; raises OperatorError if the XML breaks after one.

    XML without messages is one record, and so is one that breaks before or has a DOCTYPE.
    """
    interchange = _Interchange(max_bytes)
    for piece in pieces:
        yield interchange.feed(piece)
        if interchange.trouble:
            break
    yield interchange.rest()
    if interchange.trouble:
        raise OperatorError(source + interchange.trouble)


class _Interchange:
    """The state of reading an interchange."""

    def __init__(self, max_bytes: int) -> None:
        self.trouble = ""
        """Why reading has ended, after messages were found."""
        self._max_bytes = max_bytes
        self._whole = Partial(max_bytes, trailing=BLANKS)
        """The file, as long as no message was found."""
        self._blank_lines = 0
        self._found = False
        self._parser: Any = None
        self._started = False
        self._bytes_without_message = 0

    def feed(self, piece: bytes) -> list[Numbered]:
        """Read the next piece, and return the messages that end in it."""
        if not self._started:
            content = piece.lstrip(BLANKS)
            self._blank_lines += piece.count(b"\n", 0, len(piece) - len(content))
            piece = content
            self._start(piece)
        if not self._found:
            self._whole.add(piece)
        if self._parser is None:
            return []
        error = None
        try:
            self._parser.feed(piece)
        except etree.XMLSyntaxError as caught:
            error = caught
        messages = self._messages()
        self._bytes_without_message = 0 if messages else self._bytes_without_message + len(piece)
        if error:
            self._stop(f":{self._line(error.lineno)}: is not well-formed XML; get the whole file")
        elif self._bytes_without_message > _READ_WITHOUT_MESSAGE * self._max_bytes:
            self._stop(": has a message that is far too large; use one message for each episode")
        return messages

    def rest(self) -> list[Numbered]:
        """Return the whole file as one record, if there was no message in it."""
        messages: list[Numbered] = []
        if self._parser is not None:
            try:
                self._parser.close()
            except etree.XMLSyntaxError:
                self._stop(": the XML ends before its last element does; get the whole file")
            else:
                messages = self._messages()
        if self._found or not self._whole:
            return messages
        return [(self._line(1), self._whole.take())]

    def _start(self, piece: bytes) -> None:
        encoding = encoding_of(piece)
        self._started = bool(piece)
        if self._started and encoding:
            self._parser = etree.XMLPullParser(
                events=("end",), tag=_MESSAGES, encoding=encoding, **PARSER_OPTIONS
            )

    def _stop(self, trouble: str) -> None:
        self._parser = None
        self.trouble = trouble if self._found else ""

    def _messages(self) -> list[Numbered]:
        """Return the messages that have ended, and forget them and what stood before them."""
        messages: list[Numbered] = []
        for _, message in self._parser.read_events():
            parent = message.getparent()
            if parent is None or message.getroottree().docinfo.doctype:
                self._parser = None
                return messages
            self._found = True
            value = etree.tostring(message, encoding="unicode", with_tail=False).encode()
            fits = len(value) <= self._max_bytes
            kept = value if fits else Oversized(len(value))
            messages.append((self._line(message.sourceline), kept))
            message.clear()
            while message.getprevious() is not None:
                del parent[0]
        return messages

    def _line(self, number: int) -> int:
        return self._blank_lines + number
