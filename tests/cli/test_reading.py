import gzip
import json
from collections.abc import Iterator
from hashlib import shake_256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.reading.array import split_array
from streams.cli.reading.chunk import Content
from streams.cli.reading.partial import Oversized
from streams.cli.reading.records import WINDOW_BYTES, read_records
from streams.cli.reading.shape import Shape
from streams.cli.reading.sources import PIECE_BYTES, decompress, read_members
from streams.errors import OperatorError

LIMIT = 1_048_576
EPISODES = shake_256(b"").hexdigest(1_000_000).encode()
COMPRESSED = gzip.compress(EPISODES, mtime=0)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
json_objects = st.dictionaries(st.text(), json_values)
blanks = st.text(alphabet=" \t\r\n", max_size=3)
line_texts = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]))


def records(content: bytes, sizes: list[int] | None = None, limit: int = LIMIT) -> list[Content]:
    return [
        value
        for chunk in read_records("file", pieces(content, sizes or []), limit)
        for value in chunk.values
    ]


def pieces(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield content[:size]
        content = content[size:]
    yield content


def shape(content: bytes) -> Shape | None:
    chunks = read_records("file", iter([content]), LIMIT)
    return next((chunk.shape for chunk in chunks), None)


@given(
    elements=st.lists(st.tuples(blanks, json_objects, blanks), max_size=5),
    around=blanks,
    ascii_only=st.booleans(),
)
def test_every_element_of_an_array_is_given_as_it_was_written(
    *, elements: list[tuple[str, dict[str, object], str]], around: str, ascii_only: bool
) -> None:
    written = [json.dumps(element, ensure_ascii=ascii_only) for _, element, _ in elements]
    gaps = [
        before + text + behind for (before, _, behind), text in zip(elements, written, strict=True)
    ]
    content = (around + "[" + ",".join(gaps) + "]" + around).encode()
    assert records(content) == [text.encode() for text in written]


@given(json_objects, st.lists(json_values), st.lists(st.integers(0, 9)), st.integers(0, 4))
def test_an_array_gives_one_record_for_each_element_whatever_it_is(
    first: dict[str, object], others: list[object], sizes: list[int], indent: int
) -> None:
    elements = [first, *others]
    content = json.dumps(elements, indent=indent or None).encode()
    found = records(content, sizes)
    assert [json.loads(value) for value in found if isinstance(value, bytes)] == elements


@given(
    st.binary() | st.text(alphabet='[]{},":\\ \r\na').map(str.encode),
    st.lists(st.integers(0, 5)),
    st.integers(1, 12),
)
def test_records_are_the_same_however_the_content_is_cut(
    content: bytes, sizes: list[int], limit: int
) -> None:
    def outcome(sizes: list[int]) -> list[bytes | str] | str:
        try:
            return [
                value if isinstance(value, bytes) and len(value) <= limit else "too large"
                for value in records(content, sizes, limit)
            ]
        except OperatorError as trouble:
            return str(trouble)

    assert outcome(sizes) == outcome([])


@given(st.lists(line_texts.filter(str.strip), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_lines_are_given_without_their_ends(lines: list[str], end: str) -> None:
    content = end.join(["first", *lines, ""]).encode()
    assert records(content) == [b"first", *(line.encode() for line in lines)]


@given(st.lists(line_texts, min_size=1))
def test_there_are_as_many_records_as_lines_up_to_the_last_that_is_not_blank(
    lines: list[str],
) -> None:
    content = "\n".join(["broken", *lines, "broken", "", " ", ""]).encode()
    assert len(records(content)) == len(lines) + 2


def test_blank_lines_are_empty_records_except_at_the_end() -> None:
    assert records(b"{}\n\n \r\n{}\n\n\n") == [b"{}", b"", b"", b"{}"]
    assert records(b" \n\r\n\t\n") == []


@pytest.mark.parametrize(
    "content, expected",
    [
        (b'{"a": 1}\n{"b": 2}\n', Shape.LINES),
        (b'{"a": 1}\n', Shape.LINES),
        (b'{"a": 1}', Shape.LINES),
        (b'\n{\n  "a": 1\n}\n', Shape.OBJECTS),
        (b'{\n  "a": [1, "}"]\n}', Shape.OBJECTS),
        (b'{\n  "a": [1}\n}', Shape.LINES),
        (b'{\n  "a": 1\n}\n{\n  "b": 2\n}\n', Shape.OBJECTS),
        (b'{"a": 1} {"b": 2}\n', Shape.OBJECTS),
        (b'{"a": 1}\n{\n  "b": 2\n}\n', Shape.LINES),
        (b'[{"a": 1}, {"b": 2}]', Shape.ARRAY),
        (b'[\n  {"a": 1},\n  {"b": 2}\n]\n', Shape.ARRAY),
        (b'[{"a": "]"}, null, "x", 1, [2]]', Shape.ARRAY),
        (b'[{"a": nonsense}, {"b": 2}]', Shape.ARRAY),
        (b'[{"a": 1},]', Shape.ARRAY),
        (b'[{"a": 1}]\n[{"b": 2}]\n', Shape.LINES),
        (b'[{"a": 1}\n{"b": 2}]\n', Shape.LINES),
        (b'[{"a": 1},\n{"b": 2}\n', Shape.LINES),
        (b'[{"a": "1},\n{"b": 2}]\n', Shape.LINES),
        (b'["a", {"b": 2}]', Shape.LINES),
        (b"[1, 2]\n{}\n", Shape.LINES),
        (b"[]\n{}\n", Shape.LINES),
        (b"[\nbroken\n", Shape.LINES),
        (b"broken", Shape.LINES),
    ],
)
def test_the_shape_is_told_by_the_content(content: bytes, expected: Shape) -> None:
    assert shape(content) is expected


def test_a_long_array_is_known_by_its_head() -> None:
    count = WINDOW_BYTES // 8
    found = records(b"[" + b",\n".join([b'{"a": 1}'] * count) + b"]")
    assert found == [b'{"a": 1}'] * count


@given(
    st.lists(json_objects, min_size=1),
    st.integers(0, 2),
    st.sampled_from(["\n", "\r\n", " ", "\n\n"]),
    st.lists(st.integers(0, 9)),
)
def test_objects_are_given_as_they_were_written_however_they_follow_one_another(
    objects: list[dict[str, object]], indent: int, gap: str, sizes: list[int]
) -> None:
    written = [json.dumps(each, indent=indent) for each in [{"a": [1]}, *objects]]
    if gap == "\r\n":
        written = [text.replace("\n", gap) for text in written]
    content = gap.join(written).encode()
    assert shape(content) is Shape.OBJECTS
    assert records(content, sizes) == [text.encode() for text in written]


@pytest.mark.parametrize(
    "broken",
    [
        b'{\n  "b": [\n    2',
        b'{\n  "b": "2\n}',
        b'{"b": 2',
        b"nonsense",
        b"[1, 2]",
        b"}",
        b'{"b": "\\',
    ],
)
def test_a_broken_object_leaves_the_others_whole(broken: bytes) -> None:
    whole = b'{\n  "a": [\n{},\n[{\n}]]\n}'
    content = b"\n".join([whole, broken, whole, whole])
    for sizes in [], [1] * len(content):
        assert records(content, sizes) == [whole, broken, whole, whole]


@pytest.mark.parametrize("first", [b'[{"a": 1},', b'[{"a": 1}', b'{"a": [', b"[", b'[{"a": "'])
def test_many_broken_lines_are_lines_whatever_the_first_one_looks_like(first: bytes) -> None:
    others = [b'[{"episode_id": "E1", "procedures": ["V44.4",'] * 40_000
    assert len(records(b"\n".join([first, *others]))) == 40_001


def test_many_good_lines_after_a_broken_one_are_lines() -> None:
    others = [b'{"episode_id": "E1", "procedures": ["V44.4"]}'] * 40_000
    assert len(records(b"\n".join([b'[{"a": 1},', *others]))) == 40_001


def test_broken_elements_of_an_array_leave_the_others_whole() -> None:
    content = b'[{"a": 1}, {"b": }, {"c": 1]}, nonsense, , {"d": "\\"],["}]'
    (values,) = split_array(iter([content]), LIMIT, "file")
    assert values == [b'{"a": 1}', b'{"b": }', b'{"c": 1]}', b"nonsense", b"", b'{"d": "\\"],["}']


@given(st.lists(json_values), st.integers(1, 7))
def test_elements_are_the_same_when_a_string_or_an_escape_is_cut(
    values: list[object], size: int
) -> None:
    elements = [json.dumps(value).encode() for value in [*values, '\\"]', '\\\\"']]
    content = b"[" + b", ".join(elements) + b"]"
    cut = (content[start : start + size] for start in range(0, len(content), size))
    assert [value for group in split_array(cut, LIMIT, "file") for value in group] == elements


@pytest.mark.parametrize(
    "end, message",
    [
        (b"", "ends without its closing bracket"),
        (b'{"cut": "of', "ends without its closing bracket"),
        (b"{}] more", "there is text after"),
    ],
)
def test_a_long_array_that_breaks_off_is_trouble_after_its_elements(
    end: bytes, message: str
) -> None:
    count = WINDOW_BYTES // 4
    chunks = read_records("file.json", iter([b"[" + b"{},\n" * count + end]), LIMIT)
    found: list[Content] = []
    with pytest.raises(OperatorError, match=rf"^file\.json: .*{message}"):
        found.extend(value for chunk in chunks for value in chunk.values)
    assert found[:count] == [b"{}"] * count


@pytest.mark.parametrize(
    "content,expected",
    [
        (b"\xef\xbb\xbf[{}, {}]", [b"{}", b"{}"]),
        (b"\xef\xbb\xbf{}\n{}\n", [b"{}", b"{}"]),
        (b'\xef\xbb\xbf{\n"a": 1}', [b'{\n"a": 1}']),
        (b"\xef\xbb\xbf", []),
        ("{}\n{}".encode("utf-16"), ["{}\n{}".encode("utf-16")]),
    ],
)
def test_a_byte_order_mark_belongs_to_no_record_but_that_of_utf_16_to_the_only_one(
    content: bytes, expected: list[bytes]
) -> None:
    assert records(content, sizes=[1, 1, 1]) == expected


@given(st.lists(st.integers(0, 30)))
def test_of_a_record_over_the_limit_only_the_size_is_kept(sizes: list[int]) -> None:
    content = b'{"a": 1}\r\n' + b"x" * 41 + b"\r\n{}\n"
    long = records(content, [5, 20, *sizes], limit=10)[1]
    assert long in {Oversized(41), b"x" * 41}
    assert records(content, [5, 20], limit=10) == [b'{"a": 1}', Oversized(41), b"{}"]


def test_a_record_of_exactly_the_limit_is_kept() -> None:
    assert records(b"0123456789\r\n0\n", [3, 3, 4, 1], limit=10) == [b"0123456789", b"0"]
    assert records(b"[{  234567} , {}]", [3, 9], limit=10) == [b"{  234567}", b"{}"]


def test_an_oversized_element_leaves_the_next_one_whole() -> None:
    content = b'[{}, {"a": "' + b"x" * 50 + b'"}, {}]'
    assert records(content, [9] * 9, limit=10) == [b"{}", Oversized(59), b"{}"]


def test_records_are_numbered_through_the_file() -> None:
    chunks = list(read_records("file", iter([b"{}\n" * 1200]), LIMIT))
    assert [chunk.where(0) for chunk in chunks] == ["file:1", "file:501", "file:1001"]
    (chunk,) = read_records("file", iter([b"[{}, {}]"]), LIMIT)
    assert chunk.where(1) == "file, element 2"
    (chunk,) = read_records("file", iter([b"\n{\n}\n\n{\n}\n"]), LIMIT)
    assert [chunk.where(0), chunk.where(1)] == ["file:2", "file:5"]


def test_the_first_line_is_given_before_the_second_has_come() -> None:
    def slow() -> Iterator[bytes]:
        yield b'{"a": 1}\n'
        pytest.fail("the second line was waited for")

    assert next(read_records("stdin", slow(), LIMIT)).values == [b'{"a": 1}']


def test_a_long_file_in_utf_16_is_trouble_that_says_what_to_do() -> None:
    content = ("{}\n" * 20).encode("utf-16")
    with pytest.raises(OperatorError, match=r"^file: is text in UTF-16; save it as UTF-8$"):
        records(content, [1, 1], limit=50)


@given(st.lists(st.binary(min_size=1), min_size=1), st.integers(0, 3))
def test_gzip_of_any_number_of_members_is_decompressed(members: list[bytes], padding: int) -> None:
    compressed = b"".join(gzip.compress(member) for member in members) + b"\0" * padding
    assert decompressed(compressed) == b"".join(members)


def decompressed(content: bytes) -> bytes:
    return b"".join(decompress((content[i : i + 1] for i in range(len(content))), "file"))


@pytest.mark.parametrize(
    "content, message",
    [
        (COMPRESSED[:-1], "is a truncated gzip file"),
        (COMPRESSED[:-8] + b"damaged!", "damaged"),
        (COMPRESSED + b"more", "damaged"),
    ],
    ids=["cut", "checksum", "trailing"],
)
def test_gzip_that_is_not_whole_is_trouble_after_what_came_before(
    content: bytes, message: str
) -> None:
    pieces: list[bytes] = []
    with pytest.raises(OperatorError, match=message):
        pieces.extend(decompress(iter([content]), "file"))
    found = b"".join(pieces)
    assert EPISODES.startswith(found)
    assert len(EPISODES) - len(found) <= PIECE_BYTES


def test_reading_tells_how_much_was_read_of_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}\n" * 100_000))
    sizes: list[int] = []
    ((_, pieces),) = read_members(str(path), sizes.append)
    assert b"".join(pieces) == b"{}\n" * 100_000
    assert sum(sizes) == path.stat().st_size
