"""The files in a zip file."""

import zlib
from collections.abc import Iterator
from typing import IO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from streams.cli.showing.terminal import visible
from streams.errors import OperatorError

ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip file begins: with a file, or with the end of an empty one."""

_MEMBER_PIECE_BYTES: Final = 262_144
_ENCRYPTED: Final = 1
_OFFICE: Final = "[Content_Types].xml"
_NOT_DATA: Final = "__MACOSX/"


def read_zip(file: IO[bytes], name: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield each file in a zip file with its name and content; raises OperatorError."""
    try:
        archive = ZipFile(file)
    except BadZipFile:
        message = f"{name}: is a damaged zip file; fetch it again"
        raise OperatorError(message) from None
    members = archive.infolist()
    if any(member.filename == _OFFICE for member in members):
        message = f"{name}: is an Office document; save its table as CSV in UTF-8"
        raise OperatorError(message)
    for member in members:
        if not (member.is_dir() or member.filename.startswith(_NOT_DATA)):
            member_name = f"{name}/{visible(member.filename)}"
            yield member_name, _read_member(archive, member, member_name)


def _read_member(archive: ZipFile, member: ZipInfo, name: str) -> Iterator[bytes]:
    if member.flag_bits & _ENCRYPTED:
        message = f"{name}: is encrypted; decrypt the zip file first"
        raise OperatorError(message)
    try:
        with archive.open(member) as content:
            while piece := content.read(_MEMBER_PIECE_BYTES):
                yield piece
    except NotImplementedError:
        message = f"{name}: is compressed by a method that is not read; use deflate"
        raise OperatorError(message) from None
    except (BadZipFile, EOFError, zlib.error):
        message = f"{name}: is in a damaged zip file; fetch it again"
        raise OperatorError(message) from None
