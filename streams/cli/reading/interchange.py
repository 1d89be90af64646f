"""The records of a CDS interchange: its messages, each as a document of its own."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from lxml import etree

from streams.cli.reading.objects import Numbered
from streams.cli.reading.partial import BLANKS, Oversized, Partial
from streams.errors import OperatorError
from streams.validation.reading.cds import TRANSACTION_HEADERS
from streams.validation.reading.xml_text import PARSER_OPTIONS, to_utf_8, why_unread

_MESSAGES: Final = (
    *("CDSNetChange-All-MessageTypes", "CDSMessage"),
    *(f"CDSBulkGroup-{number:03}-Message" for number in range(10, 210, 10)),
)
"""The elements of an interchange that are a message, or hold one, even without its header."""

_ADVICE: Final = {
    etree.ErrorTypes.ERR_INVALID_ENCODING: "declare the encoding that it is in",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "write the character itself",
}

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
        self._message: Any = None
        """The parent of the last header, until it is known to have ended."""
        self._last: Any = None
        """The last message that was taken out of the interchange."""
        self._recode: Callable[[bytes], bytes] = bytes
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
        if self._last is None:
            self._whole.add(piece)
        if self._parser is None:
            return []
        with suppress(etree.XMLSyntaxError):
            self._parser.feed(self._recode(piece))
        messages = self._messages()
        self._bytes_without_message = 0 if messages else self._bytes_without_message + len(piece)
        if self._parser is None:
            return messages
        if self._parser.feed_error_log.filter_from_fatals():
            messages += self._broken_off()
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
                messages = self._broken_off()
            else:
                messages = self._messages() + self._taken()
        if self._last is not None or not self._whole:
            return messages
        return [(self._line(1), self._whole.take())]

    def _start(self, piece: bytes) -> None:
        recode = to_utf_8(piece)
        self._started = bool(piece)
        if self._started and recode:
            self._recode = recode
            self._parser = etree.XMLPullParser(
                events=("end",),
                tag=[f"{{*}}{name}" for name in _MESSAGES + TRANSACTION_HEADERS],
                **PARSER_OPTIONS,
            )

    def _broken_off(self) -> list[Numbered]:
        """Stop where the XML is broken, and return a message that has ended before."""
        messages = self._taken(ended=False)
        log = self._parser.feed_error_log
        error = [*log.filter_from_fatals(), *log.filter_from_errors()][0]
        advice = _ADVICE.get(error.type, "get the whole file")
        self._stop(f":{self._line(error.line)}: {why_unread(error.type)}; {advice}")
        return messages

    def _stop(self, trouble: str) -> None:
        self._parser = None
        self.trouble = trouble if self._last is not None else ""

    def _messages(self) -> list[Numbered]:
        """Return the messages that have ended.

        One of an unknown name has ended where the next header stands outside of it.
        """
        messages: list[Numbered] = []
        for _, element in self._parser.read_events():
            if element.getroottree().docinfo.doctype:
                self._parser = None
                return messages
            is_header = etree.QName(element).localname in TRANSACTION_HEADERS
            message = element.getparent() if is_header else element
            if message is None or self._message in message.iterancestors():
                continue
            if message is not self._message:
                messages += self._taken()
            if is_header or not self._holds_the_last(message):
                self._message = message
            if not is_header:
                messages += self._taken()
        return messages

    def _holds_the_last(self, element: Any) -> bool:  # noqa: ANN401  # an element of lxml
        return self._last is not None and element in self._last.iterancestors()

    def _taken(self, *, ended: bool = True) -> list[Numbered]:
        """Take the message out of the interchange, with all that stands before it."""
        message, self._message = self._message, None
        if message is None or (self._last is None and message.getparent() is None):
            return []
        if not ended and message.tail is None and message.getnext() is None:
            return []
        value = etree.tostring(message, encoding="unicode", with_tail=False).encode()
        kept = value if len(value) <= self._max_bytes else Oversized(len(value))
        self._last = message
        line = self._line(message.sourceline)
        message.clear(keep_tail=True)
        for each in message, *message.iterancestors():
            while each.getprevious() is not None:
                del each.getparent()[0]
        return [(line, kept)]

    def _line(self, number: int) -> int:
        return self._blank_lines + number
