"""Files, files in zip files and standard input as pieces of bytes, compressed or not."""

import os
import zlib
from collections.abc import Callable, Iterator
from errno import EACCES
from io import FileIO
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryFile
from typing import Final

from streams.cli.reading.archive import ZIP_MAGIC, read_zip
from streams.cli.showing.terminal import visible
from streams.errors import OperatorError

STDIN: Final = "-"
_STDIN_DESCRIPTOR: Final = 0
PIECE_BYTES: Final = 262_144
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = zlib.MAX_WBITS | 16
"""Makes zlib expect a gzip header and verify the checksum."""


def source_name(path: str) -> str:
    """Return the name of a source in messages."""
    return "stdin" if path == STDIN else visible(path)


def total_bytes(paths: list[str]) -> int | None:
    """Return the total size of files in bytes; None if one of them is not a regular file."""
    try:
        files = [Path(path).stat() for path in paths]
    except OSError:
        return None
    regular = all(S_ISREG(file.st_mode) for file in files)
    return sum(file.st_size for file in files) if regular else None


def verify_readable(path: str) -> None:
    """Raise OperatorError if a file is missing, is a folder or may not be read."""
    if path == STDIN:
        return
    name = source_name(path)
    try:
        if Path(path).is_dir():
            message = f"{name}: is a folder; specify the files in it"
            raise OperatorError(message)
        Path(path).stat()
    except FileNotFoundError:
        message = f"{name}: there is no such file; check the path"
        raise OperatorError(message) from None
    except OSError as error:
        raise _unreadable(name, error) from None
    if not os.access(path, os.R_OK):  # a pipe can be opened only once
        raise _unreadable(name, PermissionError(EACCES, ""))


def _unreadable(name: str, error: OSError) -> OperatorError:
    return OperatorError(f"{name}: cannot be read: {os.strerror(error.errno or 0)}")


def read_members(
    path: str, on_read: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and content of a file, or of each file in a zip file; raises OperatorError.

    `on_read` is called with the number of bytes read, before decompression.
    """
    name = source_name(path)
    head, pieces = _peek(_raw_pieces(path, on_read), len(ZIP_MAGIC[0]))
    if not head.startswith(ZIP_MAGIC):
        yield name, decompress(pieces, name)
        return
    # What is in a zip file stands at its end.
    with _CountedFile(path, on_read) if total_bytes([path]) else TemporaryFile() as file:
        if not isinstance(file, _CountedFile):
            file.writelines(pieces)
        for member, content in read_zip(file, name):
            head, pieces = _peek(content, len(ZIP_MAGIC[0]))
            if head.startswith(ZIP_MAGIC):
                message = f"{member}: is a zip file within a zip file; unpack it first"
                raise OperatorError(message)
            yield member, decompress(pieces, member)


class _CountedFile(FileIO):
    """A file that tells how much is read of it."""

    def __init__(self, path: str, on_read: Callable[[int], None]) -> None:
        super().__init__(path)
        self._on_read = on_read

    def read(self, size: int | None = -1) -> bytes:
        """Read at most so many bytes."""
        content = super().read(-1 if size is None else size) or b""
        self._on_read(len(content))
        return content


def _peek(pieces: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes of a file, at least so many if it has them, and the whole file."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= size:
            break
    return head, chain([head], pieces)


def _raw_pieces(path: str, on_read: Callable[[int], None]) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            while piece := file.read(PIECE_BYTES):
                on_read(len(piece))
                yield piece
    except OSError as error:
        raise _unreadable(source_name(path), error) from None


def _opened(path: str) -> FileIO:
    return FileIO(_STDIN_DESCRIPTOR, closefd=False) if path == STDIN else FileIO(path)


def decompress(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Decompress gzip, recognised by its first two bytes; yield anything else unchanged."""
    head, pieces = _peek(pieces, len(_GZIP_MAGIC))
    return _inflated(pieces, name) if head.startswith(_GZIP_MAGIC) else pieces


def _inflated(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Decompress consecutive gzip members, skipping zeros between and after them."""
    member = zlib.decompressobj(_GZIP)
    try:
        for piece in pieces:
            compressed = piece
            while compressed:
                if member.eof:
                    compressed = compressed.lstrip(b"\0")
                    if not compressed:
                        break
                    member = zlib.decompressobj(_GZIP)
                yield member.decompress(compressed, PIECE_BYTES)
                compressed = member.unconsumed_tail or member.unused_data
    except zlib.error:
        message = f"{name}: is a damaged gzip file; fetch it again"
        raise OperatorError(message) from None
    if not member.eof:
        message = f"{name}: is a truncated gzip file; fetch it again"
        raise OperatorError(message)
