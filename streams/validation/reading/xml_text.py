"""XML, read without DTDs, entities or network.

Elements are found by local name, never by looking at the name of each: lxml writes a name with its
namespace, and a long one for many elements would take minutes.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from lxml import etree

from schemas.rejection import Fault
from streams.validation.reading import windows_1252

BLANKS: Final = b" \t\r\n"
DOCTYPE: Final = b"<!DOCTYPE"
PARSER_OPTIONS: Final = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "collect_ids": False,
    "remove_comments": True,
    "remove_pis": True,
}


def _from_windows(text: bytes) -> bytes:
    return windows_1252.decode(text).encode()


def _from_latin_9(text: bytes) -> bytes:
    return text.decode("iso-8859-15").encode()


_TO_UTF_8: Final[dict[str, Callable[[bytes], bytes]]] = {
    "utf-8": bytes,
    "us-ascii": bytes,
    "iso-8859-1": _from_windows,
    "iso-8859-15": _from_latin_9,
    "windows-1252": _from_windows,
}
"""What is read. In all of them markup has the bytes of ASCII, so that it cannot be hidden.

Latin-1 is taken for Windows-1252, as browsers do.
"""
_IN_VAIN: Final = "utf-16"
"""What .NET declares of text that is then written in UTF-8."""

_ENCODING: Final = re.compile(
    rb"""<\?xml\s[^<>]{0,100}?\bencoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})["']"""
)
_UNREAD: Final = {
    etree.ErrorTypes.ERR_INVALID_ENCODING: "has bytes that are not of its encoding",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "has an entity that is not defined",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "ends before its last element does",
}


def to_utf_8(head: bytes) -> Callable[[bytes], bytes] | None:
    """Return what turns each piece of a document into UTF-8, given its first one.

    None if it declares an encoding that is not read.
    """
    declared = _ENCODING.match(head.lstrip(BLANKS))
    name = declared[1].decode().lower() if declared else _IN_VAIN
    return _TO_UTF_8.get("utf-8" if name == _IN_VAIN else name)


def why_unread(code: int) -> str:
    """Return why XML is not read, given the number of the parser's error."""
    return _UNREAD.get(code, "is not well-formed XML")


def read_xml(text: bytes) -> Any:  # noqa: ANN401  # an element of lxml, which has no types
    """Return the root of a document, or the Fault for which it is not read."""
    blanks = len(text) - len(text.lstrip(BLANKS))
    if (start := text.find(DOCTYPE)) >= 0:
        return _fault("has a DOCTYPE, which is not read", text, start)
    recode = to_utf_8(text)
    if not recode:
        return _fault("is in an encoding that is not read", text, blanks)
    try:
        return etree.fromstring(recode(text[blanks:]), etree.XMLParser(**PARSER_OPTIONS))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        line += text.count(b"\n", 0, blanks)
        return Fault(place=f"line {line} column {column}", message=why_unread(error.code))


def _fault(message: str, text: bytes, offset: int) -> Fault:
    """Return a fault at the line and column, both from 1, of an offset."""
    line = text.count(b"\n", 0, offset) + 1
    column = offset - text.rfind(b"\n", 0, offset)
    return Fault(place=f"line {line} column {column}", message=message)
