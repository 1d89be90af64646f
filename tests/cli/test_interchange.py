import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.verdict import Outcome, Verdict
from streams.cli.judging import judge_value
from streams.cli.reading.chunk import Content
from streams.cli.reading.partial import Oversized
from streams.cli.reading.records import read_records
from streams.cli.reading.shape import Shape
from streams.errors import OperatorError

LIMIT = 1_048_576
SAMPLES = Path(__file__).parents[1] / "samples/cds-xml"
INTERCHANGE = (SAMPLES / "interchange-6-2.xml").read_bytes()
LINES = [11, 99, 121, 154, 202]
"""Where its messages begin."""
MESSAGE = (
    b"<m:CDSBulkGroup-010-Message><m:CDSTransactionHeader_BulkUpdate><m:CDSUniqueIdentifier>"
    b"E1</m:CDSUniqueIdentifier></m:CDSTransactionHeader_BulkUpdate>"
    b"<m:OrganisationCode_CodeOfProvider>R0A</m:OrganisationCode_CodeOfProvider>%b"
    b"</m:CDSBulkGroup-010-Message>\n"
)
OPENED = b"<m:CDSBulkGroup-010-Message>"
HEAD, TAIL = b'<m:CDS-XMLInterchange xmlns:m="urn:x">\n', b"</m:CDS-XMLInterchange>"


def read(content: bytes, size: int = LIMIT, limit: int = LIMIT) -> list[tuple[int, Content]]:
    pieces = (content[start : start + size] for start in range(0, len(content), size))
    return [
        record
        for chunk in read_records("file.xml", pieces, limit)
        for record in zip(chunk.numbers, chunk.values, strict=True)
    ]


def outcomes(content: bytes) -> list[Outcome]:
    return [judge_value(value, LIMIT).outcome for _, value in read(content)]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.xml")), ids=lambda path: path.stem)
def test_each_message_of_a_sample_gives_its_verdict(path: Path) -> None:
    lines = path.with_suffix(".verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = [judge_value(value, LIMIT) for _, value in read(path.read_bytes())]
    assert verdicts == [Verdict.model_validate_json(line) for line in lines]


@pytest.mark.parametrize("size", [1, 7, 1000, LIMIT])
def test_messages_are_the_same_however_the_file_is_cut(size: int) -> None:
    assert read(INTERCHANGE, size) == read(INTERCHANGE)
    assert [number for number, _ in read(INTERCHANGE, size)] == LINES


@pytest.mark.parametrize("around", [b"\xef\xbb\xbf", b"\r\n\r\n", b"\xef\xbb\xbf \n\t\n"])
def test_what_stands_before_an_interchange_moves_its_lines_and_nothing_else(around: bytes) -> None:
    moved = around.count(b"\n")
    expected = [(number + moved, value) for number, value in read(INTERCHANGE)]
    assert read(around + INTERCHANGE, 3) == read(around + INTERCHANGE) == expected


def test_an_interchange_on_one_line_is_split_too() -> None:
    one_line = re.sub(rb"\n *", b"", INTERCHANGE)
    assert [number for number, _ in read(one_line + b"\n")] == [1] * 5
    assert outcomes(one_line) == outcomes(INTERCHANGE)


def test_a_message_far_down_in_a_file_has_its_line() -> None:
    content = HEAD + (MESSAGE % b"") * 70_000 + TAIL
    assert [number for number, _ in read(content)] == [*range(2, 70_002)]


def test_a_message_that_is_split_off_needs_nothing_of_its_interchange() -> None:
    ((_, value),) = read(
        HEAD + MESSAGE % b"<m:VeryGeneralPurpose>Zo\xc3\xab</m:VeryGeneralPurpose>" + TAIL
    )
    assert isinstance(value, bytes)
    assert value.startswith(b'<m:CDSBulkGroup-010-Message xmlns:m="urn:x">')
    assert "Zoë".encode() in value
    assert judge_value(value, LIMIT).episode_id == "E1"


WHOLE = {
    "message": MESSAGE.replace(b"m:", b"") % b"\n",
    "other": b"<Patient>\n<id/>\n</Patient>",
    "broken": b"<Patient>\n<id>\n</Patient>",
    "broken-before": HEAD + b"<m:CDSInterchangeHeader>\n" + TAIL,
    "cut-before": HEAD + MESSAGE[:50],
    "doctype": b'<!DOCTYPE m [<!ENTITY e "e">]>\n' + HEAD + MESSAGE % b"&e;" + TAIL,
    "encoding": b'<?xml version="1.0" encoding="UTF-7"?>\n' + HEAD + MESSAGE % b"" + TAIL,
    "utf-16": b"<\0a\0/\0>\0\n\0<\0",
}


@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE.keys())
@pytest.mark.parametrize("size", [1, LIMIT])
def test_xml_in_which_no_message_was_found_is_one_record_as_it_was_written(
    content: bytes, size: int
) -> None:
    assert read(b"\n" + content + b"\n", size) == [(2, content.strip())]


NOT_WHOLE = "ends before its last element does; get the whole file"
OTHER_BYTES = "has bytes that are not of its encoding; declare the encoding that it is in"
UNDEFINED = "has an entity that is not defined; write the character itself"
BROKEN = "is not well-formed XML; get the whole file"


@pytest.mark.parametrize("name", [b"CDSBulkGroup-010-Message", b"CDS-Message"])
@pytest.mark.parametrize(
    "end,trouble",
    [
        (b"", NOT_WHOLE),
        (OPENED, NOT_WHOLE),
        (OPENED + b"<x/>\n", NOT_WHOLE),
        ((MESSAGE % b"")[:-50], BROKEN),
        (b"</m:", BROKEN),
        (b"</x>", BROKEN),
        (b"<x></y>", BROKEN),
        (TAIL + b"<x/>", BROKEN),
        (b"<x:y/>" + TAIL, BROKEN),
        (b"\x92</m:x>", OTHER_BYTES),
        (b"&x;", UNDEFINED),
        (b"<x>\n&x;</x>" + TAIL, UNDEFINED),
    ],
)
@pytest.mark.parametrize("size", [1, LIMIT])
def test_an_interchange_that_breaks_is_trouble_after_the_messages_before(
    name: bytes, end: bytes, trouble: str, size: int
) -> None:
    content = (HEAD + 2 * (MESSAGE % b"") + end).replace(b"CDSBulkGroup-010-Message", name)
    pieces = (content[start : start + size] for start in range(0, len(content), size))
    found: list[int] = []
    with pytest.raises(OperatorError, match=rf"^file\.xml:\d+: {trouble}$"):
        found.extend(
            each for chunk in read_records("file.xml", pieces, LIMIT) for each in chunk.numbers
        )
    assert found == [2, 3]


HEADED = (
    b"<m:%b>\n<m:CDSTransactionHeader_NetChange><m:CDSUniqueIdentifier>E%d"
    b"</m:CDSUniqueIdentifier></m:CDSTransactionHeader_NetChange>%b</m:%b>"
)


def headed(name: bytes, number: int, content: bytes = b"") -> bytes:
    provider = b"<m:OrganisationCode_CodeOfProvider>R0A</m:OrganisationCode_CodeOfProvider>"
    return HEADED % (name, number, provider + content, name)


@pytest.mark.parametrize(
    "name", [b"CDS-Message", b"CDSBulkGroup-011-Message", b"CDSMessage", b"Message"]
)
@pytest.mark.parametrize(
    "around", [b"%b", b"<m:CDSMessage>%b</m:CDSMessage>", b"<m:x><m:Group>%b</m:Group>\n</m:x>"]
)
@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize("size", [1, 50, LIMIT])
def test_a_message_is_the_parent_of_a_header_whatever_its_name(
    name: bytes, around: bytes, between: bytes, size: int
) -> None:
    messages = [between + around % headed(name, number) for number in range(1, 4)]
    content = HEAD + b"".join(messages) + TAIL
    verdicts = [judge_value(value, LIMIT) for _, value in read(content, size)]
    assert [verdict.episode_id for verdict in verdicts] == ["E1", "E2", "E3"]
    alone = read(HEAD + messages[0] + TAIL, size)
    assert [judge_value(value, LIMIT).episode_id for _, value in alone] == ["E1"]


def test_an_element_for_messages_that_has_none_is_a_record_too() -> None:
    parts = [
        headed(b"x", 1),
        b"<m:CDSMessage/>",
        b"<m:y>" + headed(b"x", 2) + headed(b"x", 3) + b"</m:y>",
        headed(b"x", 4, b"<m:CDSMessage/>" + headed(b"x", 5)),
        headed(b"CDSMessage", 6),
    ]
    verdicts = [judge_value(value, LIMIT) for _, value in read(HEAD + b"".join(parts) + TAIL)]
    identifiers = [verdict.episode_id for verdict in verdicts]
    assert identifiers == ["E1", None, "E2", "E3", None, "E6"]
    assert verdicts[4].rejection is not None
    assert verdicts[4].rejection.hint is not None


def test_windows_1252_that_is_declared_as_latin_1_is_split_as_well() -> None:
    content = b"<?xml version='1.0' encoding='ISO-8859-1'?>" + HEAD
    content += MESSAGE % b"<m:PrimaryDiagnosis_ICD>C795\x86</m:PrimaryDiagnosis_ICD>" + TAIL
    for size in 1, LIMIT:
        ((_, value),) = read(content, size)
        assert isinstance(value, bytes)
        assert "C795\N{DAGGER}" in value.decode()


def test_of_a_message_over_the_limit_only_the_size_is_kept() -> None:
    large = MESSAGE % (b"<x>" + b"y" * 2000 + b"</x>")
    found = [
        value for _, value in read(HEAD + MESSAGE % b"" + large + MESSAGE % b"" + TAIL, 99, 1000)
    ]
    assert [type(value) for value in found] == [bytes, Oversized, bytes]
    assert found[1] == Oversized(len(large.strip()) + len(b' xmlns:m="urn:x"'))


@pytest.mark.parametrize("begun", [HEAD, HEAD + MESSAGE % b""], ids=["first", "later"])
def test_a_message_without_end_is_not_kept_in_memory(begun: bytes) -> None:
    def endless() -> Iterator[bytes]:
        yield begun + OPENED
        for _ in range(60):
            yield b"<x>y</x>" * 30
        if b"E1" in begun:
            pytest.fail("it was read on")

    chunks = read_records("file.xml", endless(), 1000)
    if begun == HEAD:
        assert [chunk.values for chunk in chunks] == [[Oversized(len(begun + OPENED) + 60 * 240)]]
        return
    with pytest.raises(OperatorError, match=r"^file\.xml: has a message that is far too large"):
        list(chunks)


def test_lines_that_are_documents_each_are_records_each() -> None:
    lines = [b"<a/>", MESSAGE.strip() % b"", b"<CDSMessage/>", b"{}"]
    for size in 1, LIMIT:
        assert read(b"\n".join(lines), size) == [*enumerate(lines, 1)]
    (chunk,) = read_records("file", iter([b"<a>\n</a>\n"]), LIMIT)
    assert chunk.shape is Shape.XML


parts = st.sampled_from(
    ["<a>", "</a>", "\n", "<CDSMessage>", "</CDSMessage>", "<CDSTransactionHeader_NetChange/>"]
)
markup = st.text("<a/>\n <!-=\"'&;") | st.lists(parts, max_size=12).map(
    lambda found: f"a>{''.join(found)}</a>"
)


@given(markup.map(str.encode), st.integers(1, 5))
@example(b"a><CDSMessage><CDSMessage/>x<CDSTransactionHeader_NetChange/></CDSMessage></a>", 1)
def test_any_markup_gives_the_same_records_however_it_is_cut(content: bytes, size: int) -> None:
    def records_and_trouble(size: int) -> list[object]:
        pieces = (content[start : start + size] for start in range(0, len(content), size))
        found: list[object] = []
        try:
            for chunk in read_records("file.xml", pieces, LIMIT):
                found += zip(chunk.numbers, chunk.values, strict=True)
        except OperatorError as error:
            found.append(str(error))
        return found

    content = b"<" + content
    assert records_and_trouble(size) == records_and_trouble(LIMIT)


GROWTH = """
import resource
from streams.cli.reading.records import read_records

def pieces(count):
    yield HEAD
    for _ in range(count):
        yield 50 * (MESSAGE % (b"<x>y</x>" * 500))
    yield TAIL

def peak(count):
    chunks = read_records("file", pieces(count), 10**6)
    assert sum(len(chunk.values) for chunk in chunks) == 50 * count
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(-peak(10) + peak(200))
"""
"""Prints by how many KiB a process grows that reads 40 MB after 2 MB."""


def test_memory_does_not_grow_with_the_messages() -> None:
    script = "\n".join(f"{name} = {globals()[name]!r}" for name in ("HEAD", "TAIL", "MESSAGE"))
    done = subprocess.run(
        [sys.executable, "-c", script + GROWTH], capture_output=True, check=True, text=True
    )
    assert int(done.stdout) < 8_000
