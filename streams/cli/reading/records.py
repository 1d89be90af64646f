"""Splitting the pieces of a file into records, each with its original bytes."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, assert_never

from pydantic_core import from_json

from streams.cli.reading.array import split_array
from streams.cli.reading.chunk import Chunk
from streams.cli.reading.interchange import split_interchange
from streams.cli.reading.lines import split_lines
from streams.cli.reading.messages import may_begin_message, split_messages
from streams.cli.reading.objects import split_objects
from streams.cli.reading.partial import BLANKS, Oversized, Partial, Value
from streams.cli.reading.shape import Shape, recognise_shape
from streams.cli.reading.sources import read_members, verify_readable
from streams.cli.reading.table import find_header, read_table
from streams.errors import OperatorError
from streams.validation.reading.column_names import ColumnNames
from streams.validation.reading.hl7_message import begins_message

WINDOW_BYTES: Final = 1_048_576
"""Maximum number of bytes examined to recognise the shape of a file."""

CHUNK_RECORDS: Final = 500
"""Maximum number of records in a chunk."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_OPENING: Final = re.compile(rb"[ \t\r\n]*+[\[{]")
_XML_AND_MORE: Final = re.compile(rb"[ \t\r\n]*+<[^\n]*+\n[ \t\r\n]*+[^ \t\r\n]")
_FIRST_LINE: Final = re.compile(rb"[ \t\r\n]*+(\{[^\n]*+)\n")


def read_files(
    paths: Iterable[str],
    max_bytes: int,
    on_read: Callable[[int], None] = lambda _: None,
    columns: ColumnNames | None = None,
) -> Iterator[Chunk]:
    """Return the records of files in order, the same for every command.

    `columns` says which columns delimited text has, if not those that are known.

    Raises OperatorError: before anything is read if a file is missing or may not be read, while
    it is read if its content is damaged.
    """
    paths = list(paths)
    for path in paths:
        verify_readable(path)
    return (
        chunk
        for path in paths
        for name, pieces in read_members(path, on_read)
        for chunk in read_records(name, pieces, max_bytes, columns)
    )


def read_records(
    source: str, pieces: Iterator[bytes], max_bytes: int, columns: ColumnNames | None = None
) -> Iterator[Chunk]:
    """Split the content of a file into records; raises OperatorError if an array is incomplete.

    The records do not depend on how the content is split into pieces.
    A record over `max_bytes` is not kept in memory. A byte order mark belongs to no record.
    """
    head, whole = _read_head(pieces)
    if header := find_header(head, whole=whole, columns=columns):
        yield from read_table(source, header, chain([head], pieces), max_bytes, columns)
        return
    content = head.removeprefix(_BYTE_ORDER_MARK)
    shape = recognise_shape(content if whole else content[:WINDOW_BYTES], whole=whole)
    pieces = chain([content], pieces)
    groups = (
        _whole(pieces, max_bytes, source)
        if head.startswith(_UTF_16_MARKS)
        else _split(shape, pieces, max_bytes, source)
    )
    for numbers, values in groups:
        for start in range(0, len(values), CHUNK_RECORDS):
            part = slice(start, start + CHUNK_RECORDS)
            yield Chunk(source, shape, numbers[part], values[part])


def _split(
    shape: Shape, pieces: Iterator[bytes], max_bytes: int, source: str
) -> Iterator[tuple[Sequence[int], list[Value]]]:
    match shape:
        case Shape.LINES:
            return _counted(split_lines(pieces, max_bytes))
        case Shape.ARRAY:
            return _counted(split_array(pieces, max_bytes, source))
        case Shape.OBJECTS:
            return map(_numbered, split_objects(pieces, max_bytes))
        case Shape.MESSAGES:
            return map(_numbered, split_messages(pieces, max_bytes))
        case Shape.XML:
            return map(_numbered, split_interchange(pieces, max_bytes, source))
        case _:
            assert_never(shape)


def _counted(lists: Iterable[list[Value]]) -> Iterator[tuple[Sequence[int], list[Value]]]:
    first = 1
    for values in lists:
        yield range(first, first + len(values)), values
        first += len(values)


def _numbered(records: Sequence[tuple[int, Value]]) -> tuple[Sequence[int], list[Value]]:
    return [number for number, _ in records], [value for _, value in records]


def _whole(
    pieces: Iterator[bytes], max_bytes: int, source: str
) -> Iterator[tuple[Sequence[int], list[Value]]]:
    """Yield a file in UTF-16, which has no lines of bytes, as one record."""
    content = Partial(max_bytes, trailing=b"")
    for piece in pieces:
        content.add(piece)
    value = content.take()
    if isinstance(value, Oversized):
        message = f"{source}: is text in UTF-16; save it as UTF-8"
        raise OperatorError(message)
    yield [1], [value]


def _read_head(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return enough to recognise the shape, and whether it is the whole content."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= WINDOW_BYTES or _is_lines(head):
            return head, False
    return head, True


def _is_lines(head: bytes) -> bool:
    """Return whether this is certainly lines, so that a slow source need not fill the window.

    Of XML, a line and the beginning of the next say whether each is a document.
    """
    for mark in _BYTE_ORDER_MARK, *_UTF_16_MARKS:
        if mark.startswith(head[: len(mark)]):
            head = head[len(mark) :]
    if head.lstrip(BLANKS).startswith(b"<"):
        return _XML_AND_MORE.match(head) is not None
    if may_begin_message(head):
        return False
    if not _OPENING.match(head):
        return b"\n" in head.lstrip(BLANKS) or begins_message(head)
    first_line = _FIRST_LINE.match(head)
    if not first_line:
        return False
    try:
        from_json(first_line[1])
    except ValueError:
        return False
    return True
