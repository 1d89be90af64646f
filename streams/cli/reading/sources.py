"""Files and standard input as pieces of bytes, compressed or not."""

import os
import zlib
from collections.abc import Callable, Iterator
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import Final

from streams.cli.showing.terminal import visible
from streams.errors import OperatorError

STDIN: Final = "-"
_STDIN_DESCRIPTOR: Final = 0
PIECE_BYTES: Final = 262_144
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = zlib.MAX_WBITS | 16
"""Tells zlib to expect a gzip header and to verify the checksum behind it."""


def source_name(path: str) -> str:
    """Name a source as people see it."""
    return "stdin" if path == STDIN else visible(path)


def total_bytes(paths: list[str]) -> int | None:
    """Add up the sizes of files; None where one of them has no size to know."""
    if not all(Path(path).is_file() for path in paths):
        return None
    return sum(Path(path).stat().st_size for path in paths)


def read_pieces(path: str, on_read: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """Read a file, or standard input, piece by piece as it comes; raises OperatorError.

    `on_read` is told the size in bytes of what was read, before it is decompressed.
    """
    return decompress(_raw_pieces(path, on_read), source_name(path))


def _raw_pieces(path: str, on_read: Callable[[int], None]) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            while piece := file.read(PIECE_BYTES):
                on_read(len(piece))
                yield piece
    except FileNotFoundError:
        message = f"{source_name(path)}: there is no such file; check the name"
        raise OperatorError(message) from None
    except IsADirectoryError:
        message = f"{source_name(path)}: is a folder; name the files in it"
        raise OperatorError(message) from None
    except OSError as error:
        message = f"{source_name(path)}: cannot be read: {os.strerror(error.errno or 0)}"
        raise OperatorError(message) from None


def _opened(path: str) -> FileIO:
    return FileIO(_STDIN_DESCRIPTOR, closefd=False) if path == STDIN else FileIO(path)


def decompress(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Decompress gzip, known by its first two bytes; pass on anything else as it is."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= len(_GZIP_MAGIC):
            break
    pieces = chain([head], pieces)
    return _inflated(pieces, name) if head.startswith(_GZIP_MAGIC) else pieces


def _inflated(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Decompress gzip members that follow each other, zeros between and after them left out."""
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
        message = f"{name}: is a damaged gzip file; get it again from where it came"
        raise OperatorError(message) from None
    if not member.eof:
        message = f"{name}: is a gzip file that was cut off; get it again from where it came"
        raise OperatorError(message)
