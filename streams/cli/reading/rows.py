"""Rows of delimited text: cut into blocks without parsing them, and parsed."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

from streams.cli.reading.partial import Oversized, Value
from streams.validation.reading.rows import UNPARSABLE, Row, wrong_length

_FIELD: Final = r'(?:"[^"]*+(?:""[^"]*+)*+"[^{0}\n]*+|(?!")[^{0}\n]*+)'
_ROWS: Final = rf"(?:{_FIELD}(?:[{{0}}]{_FIELD})*+\n)*+"


def split_blocks(
    pieces: Iterable[bytes], separator: str, max_bytes: int, line: int
) -> Iterator[tuple[int, Value]]:
    """Yield whole rows, many at once, with the number of their first line.

    A line over `max_bytes` is a row by itself, of which only the size is kept.
    """
    complete = re.compile(_ROWS.format(separator).encode())
    rest, measured = b"", 0
    for piece in pieces:
        if measured:
            head, end, piece = piece.partition(b"\n")  # noqa: PLW2901
            measured += len(head.rstrip(b"\r"))
            if not end:
                continue
            yield line, Oversized(measured)
            line, measured = line + 1, 0
        rest += piece
        while end_of_rows := _end_of_rows(rest, complete, max_bytes):
            block, rest = rest[:end_of_rows], rest[end_of_rows:]
            yield line, block
            line += block.count(b"\n")
        if len(rest) > max_bytes:
            rest, measured = b"", len(rest)
    if rest or measured:
        yield line, Oversized(measured) if measured else rest


def _end_of_rows(content: bytes, complete: re.Pattern[bytes], max_bytes: int) -> int:
    """Return where the last complete row ends; of one that nothing ends, its first line."""
    end = content.rfind(b"\n") + 1
    if content.count(b'"', 0, end) % 2:  # within a field, or with a quotation mark by itself
        found = complete.match(content)
        end = found.end() if found else 0
        if not end and len(content) > max_bytes:
            end = content.find(b"\n") + 1
    return end


def read_rows(content: bytes, separator: str, names: Sequence[str], line: int) -> Iterator[Row]:
    """Parse the rows of a block that begins at a line; blank ones are skipped.

    A row of several lines that has not as many fields as there are names seems to have a
    quotation mark too many: its first line is a row, and the next one begins behind it.
    """
    lines = StringIO(_decode(content), newline="\n").readlines()
    start = 0
    while start < len(lines):
        following = map(lines.__getitem__, range(start, len(lines)))
        reader = csv.reader(following, delimiter=separator, strict=True)
        begin = offset = start
        start = len(lines)
        try:
            for fields in reader:
                if len(fields) == len(names):
                    if any(fields):
                        yield Row(line + begin, fields)
                elif any(map(str.strip, fields)):
                    yield Row(line + begin, fields, wrong_length(names, len(fields)))
                    if offset + reader.line_num > begin + 1:
                        start = begin + 1
                        break
                begin = offset + reader.line_num
        except csv.Error:
            yield Row(line + begin, (), UNPARSABLE)
            start = begin + 1


def _decode(content: bytes) -> str:
    """Decode UTF-8; of what is not, each line that is not as Windows-1252."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return "\n".join(map(_decode_line, content.split(b"\n")))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
