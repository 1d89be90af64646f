"""The records of delimited text below a header line."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby, islice, starmap
from operator import itemgetter
from tempfile import TemporaryFile
from typing import Final

from streams.cli.reading.chunk import Chunk, Content
from streams.cli.reading.partial import Oversized, Value
from streams.cli.reading.rows import read_rows, split_blocks
from streams.cli.reading.shape import Shape
from streams.cli.reading.sources import PIECE_BYTES
from streams.errors import OperatorError
from streams.validation.reading import too_large
from streams.validation.reading.column_names import ColumnNames, find_columns
from streams.validation.reading.columns import (
    SEPARATORS,
    CodeRowColumns,
    EpisodeColumns,
    Unusable,
    is_header,
    known_names,
    recognise_columns,
)
from streams.validation.reading.rows import SCATTERED, EpisodeReader, Row, read_code_rows

_UTF_16: Final = {BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
_BLANK_LINES: Final = re.compile(r"(?:[ \t\r]*+\n)*+")
_FEW_BYTES: Final = 8
"""Enough to tell UTF-16."""
_EPISODES: Final = 500
"""Maximum number of episodes in a chunk of rows that are a code each."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header line of a file."""

    names: Sequence[str]
    separator: str
    line: int
    encoding: str | None
    """That of UTF-16; None for UTF-8 and Windows-1252."""


@dataclass(frozen=True, slots=True)
class EpisodeRows(Chunk):
    """Rows that are an episode each, not parsed yet."""

    columns: EpisodeColumns
    rows: "_Rows"
    line: int
    content: Value

    def unpack(self, *, whole: bool = True) -> Chunk:
        """Return the chunk with what was read of each row."""
        reader = EpisodeReader(self.columns)
        numbers: list[int] = []
        values: list[Content] = []
        out_of_scope = 0
        for line, fields, rejection in self.rows.parse(self.line, self.content):
            if not (whole or rejection) and reader.is_out_of_scope(fields):
                out_of_scope += 1
                continue
            numbers.append(line)
            values.append(rejection or reader.read(fields))
        return Chunk(self.source, self.shape, numbers, values, out_of_scope=out_of_scope)


@dataclass(frozen=True, slots=True)
class CodeRows(Chunk):
    """The rows of several episodes, of which each is a code."""

    columns: CodeRowColumns
    episodes: Sequence[Sequence[Row]]

    def unpack(self, *, whole: bool = True) -> Chunk:  # noqa: ARG002  # its episodes are few rows
        """Return the chunk with what was read of each episode."""
        values = [read_code_rows(self.columns, rows) for rows in self.episodes]
        return Chunk(self.source, self.shape, self.numbers, values)


def find_header(head: bytes, *, whole: bool, columns: ColumnNames | None) -> Header | None:
    """Return the header that a file begins with, if it is delimited text.

    Where `columns` says which column is what, whatever is no JSON or XML is.
    """
    encoding = _wide_encoding(head[:_FEW_BYTES])
    text = head.decode(encoding or "utf-8", "replace").removeprefix("\ufeff")
    blank_lines = _BLANK_LINES.match(text)
    before = blank_lines.end() if blank_lines else 0
    line, end, _ = text[before:].partition("\n")
    if not (end or whole) or not line.strip() or line.lstrip().startswith(("{", "[", "<")):
        return None
    headers = [
        Header(_split(line, separator), separator, text.count("\n", 0, before) + 1, encoding)
        for separator in SEPARATORS
    ]
    header = max(headers, key=lambda each: (known_names(each.names), len(each.names)))
    return header if columns or is_header(header.names) else None


def _wide_encoding(head: bytes) -> str | None:
    """Return which UTF-16 a text in Latin letters is, with or without its mark."""
    for mark, encoding in _UTF_16.items():
        if head.startswith(mark) or (head and head.decode(encoding, "replace").isascii()):
            return encoding
    return None


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=separator))
    except csv.Error:
        return []


def read_table(
    source: str, header: Header, pieces: Iterable[bytes], max_bytes: int, wanted: ColumnNames | None
) -> Iterator[Chunk]:
    """Return the records of a file with that header; raises OperatorError if it lacks columns."""
    columns = find_columns(wanted, header.names) if wanted else recognise_columns(header.names)
    if isinstance(columns, Unusable):
        message = f"{source}: the header {columns.message}"
        raise OperatorError(message)
    if header.encoding:
        pieces = _as_utf_8(pieces, header.encoding)
    pieces = _behind_lines(pieces, header.line)
    rows = _Rows(columns.names, header.separator, max_bytes, header.line + 1)
    if isinstance(columns, EpisodeColumns):
        for line, content in rows.split(pieces):
            yield EpisodeRows(source, Shape.LINES, (), (), columns, rows, line, content)
    else:
        yield from _read_code_rows(source, pieces, columns, rows)


@dataclass(frozen=True, slots=True)
class _Rows:
    """How the rows of a file are told apart."""

    names: Sequence[str]
    separator: str
    max_bytes: int
    first_line: int

    def split(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, Value]]:
        """Split what follows the header into blocks of whole rows, each with its first line."""
        return split_blocks(pieces, self.separator, self.max_bytes, self.first_line)

    def parse(self, line: int, content: Value) -> Iterator[Row]:
        """Parse a block of rows."""
        if isinstance(content, Oversized):
            yield Row(line, (), too_large(content.size_bytes, self.max_bytes))
            return
        for row in read_rows(content, self.separator, self.names, line):
            if len(content) > self.max_bytes and (size := _size([row])) > self.max_bytes:
                yield Row(row.line, (), too_large(size, self.max_bytes))
            else:
                yield row


def _size(rows: Iterable[Row]) -> int:
    return sum(len(",".join(row.fields).encode()) for row in rows)


def _as_utf_8(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


def _behind_lines(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield what follows the first lines."""
    for piece in pieces:
        rest = piece
        while count and rest:
            _, end, rest = rest.partition(b"\n")
            count -= bool(end)
        if rest:
            yield rest


def _read_code_rows(
    source: str, pieces: Iterable[bytes], columns: CodeRowColumns, rows: _Rows
) -> Iterator[Chunk]:
    """Return episodes of consecutive rows; one whose rows stand apart is refused.

    To know of these before anything is judged, the rows are read twice, from a temporary file.
    """
    with TemporaryFile() as file:
        file.writelines(pieces)

        def read() -> Iterator[tuple[int, Iterator[Row]]]:
            file.seek(0)
            blocks = rows.split(iter(partial(file.read, PIECE_BYTES), b""))
            return _by_episode(columns, chain.from_iterable(starmap(rows.parse, blocks)))

        scattered = _repeated(key for key, _ in read())
        episodes = (
            _episode(found, rows.max_bytes, scattered=key in scattered) for key, found in read()
        )
        while some := list(islice(episodes, _EPISODES)):
            numbers = [each[0].line for each in some]
            yield CodeRows(source, Shape.LINES, numbers, (), columns, some)


def _by_episode(
    columns: CodeRowColumns, rows: Iterable[Row]
) -> Iterator[tuple[int, Iterator[Row]]]:
    """Return consecutive rows of the same episode and provider, with a hash of both.

    A row that is cut short before it names them counts as one of the episode before it.
    """

    def keyed() -> Iterator[tuple[int, Row]]:
        key = 0
        for row in rows:
            if len(row.fields) > max(columns.identity):
                key = hash(tuple(row.fields[column].strip() for column in columns.identity))
            yield key, row

    for key, found in groupby(keyed(), itemgetter(0)):
        yield key, (row for _, row in found)


def _repeated(keys: Iterable[int]) -> set[int]:
    seen: set[int] = set()
    repeated: set[int] = set()
    for key in keys:
        (repeated if key in seen else seen).add(key)
    return repeated


def _episode(rows: Iterator[Row], max_bytes: int, *, scattered: bool) -> list[Row]:
    """Return the rows of one episode, as many as the limit of a record allows."""
    first = next(rows)
    kept = [Row(first.line, (), SCATTERED), first] if scattered else [first]
    size = _size(kept)
    for row in rows:
        size += _size([row])
        if size <= max_bytes:
            kept.append(row)
    return kept if size <= max_bytes else [Row(first.line, (), too_large(size, max_bytes))]
