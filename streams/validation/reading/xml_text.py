"""XML, read without DTDs, entities or network.

Elements are found by local name, never by looking at the name of each: lxml writes a name with its
namespace, and a long one for many elements would take minutes.
"""

import re
from typing import Any, Final

from lxml import etree

from schemas.rejection import Fault

BLANKS: Final = b" \t\r\n"
DOCTYPE: Final = b"<!DOCTYPE"
PARSER_OPTIONS: Final = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "collect_ids": False,
    "remove_comments": True,
    "remove_pis": True,
}
ENCODINGS: Final = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252")
"""What is read. In all of them markup has the bytes of ASCII, so that it cannot be hidden."""
_IN_VAIN: Final = "utf-16"
"""What .NET declares of text that is then written in UTF-8."""

_ENCODING: Final = re.compile(
    rb"""<\?xml\s[^<>]{0,100}?\bencoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})["']"""
)


def encoding_of(text: bytes) -> str | None:
    """Return the encoding of a document that is not UTF-16; None if it declares one not read."""
    declared = _ENCODING.match(text.lstrip(BLANKS))
    name = declared[1].decode().lower() if declared else _IN_VAIN
    if name == _IN_VAIN:
        return ENCODINGS[0]
    return name if name in ENCODINGS else None


def read_xml(text: bytes) -> Any:  # noqa: ANN401  # an element of lxml, which has no types
    """Return the root of a document, or the Fault for which it is not read."""
    blanks = len(text) - len(text.lstrip(BLANKS))
    if (start := text.find(DOCTYPE)) >= 0:
        return _fault("has a DOCTYPE, which is not read", text, start)
    encoding = encoding_of(text)
    if not encoding:
        return _fault("is in an encoding that is not read", text, blanks)
    parser = etree.XMLParser(encoding=encoding, **PARSER_OPTIONS)
    try:
        return etree.fromstring(text[blanks:], parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        line += text.count(b"\n", 0, blanks)
        return Fault(place=f"line {line} column {column}", message="is not well-formed XML")


def _fault(message: str, text: bytes, offset: int) -> Fault:
    """Return a fault at the line and column, both from 1, of an offset."""
    line = text.count(b"\n", 0, offset) + 1
    column = offset - text.rfind(b"\n", 0, offset)
    return Fault(place=f"line {line} column {column}", message=message)
