import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.running import ipg12_here
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict import Verdict
from streams.cli.judging import judge_value
from streams.cli.reading.chunk import Content
from streams.cli.reading.partial import Oversized
from streams.cli.reading.records import read_records
from streams.cli.reading.shape import Shape

SAMPLES = sorted(Path(__file__).parents[1].glob("samples/hl7-v2/*.hl7"))
LIMIT = 1_048_576
HEADER = "MSH|^~\\&|PAS|R0A|||||ADT^A03"
CDS = "<CDSNetChange-All-MessageTypes>"
OTHERS = (
    *(
        '{"episode_id": "E1"}',
        '{ \t"a": [{}]}',
        "{}",
        "{x}",
        "<p>",
        CDS,
        f"<ns:{CDS[1:]}",
        f" {CDS}",
    ),
    f'<?xml version="1.0" encoding="windows-1252" standalone="yes"?>{CDS}',
)
segments = st.sampled_from(
    ["PID|1", "PV1|1|I", "PR1|1||V44.4", "MSHX", "NTE|1||MSH|", "free text", "", "  ", "BTSX", "Z"]
)
messages = st.lists(segments, max_size=4).map(lambda others: [HEADER, *others])
ends = st.sampled_from(["\r", "\n", "\r\n"])


def read(
    content: bytes, sizes: list[int] | None = None, limit: int = LIMIT
) -> list[tuple[int, Content]]:
    return [
        numbered
        for chunk in read_records("file", pieces(content, sizes or []), limit)
        for numbered in zip(chunk.numbers, chunk.values, strict=True)
    ]


def pieces(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield content[:size]
        content = content[size:]
    yield content


@given(st.lists(messages, min_size=1, max_size=4), ends, st.sampled_from(["", "\x0b"]))
def test_each_message_is_a_record_with_the_number_of_its_first_line(
    written: list[list[str]], end: str, before: str
) -> None:
    after = f"\x1c{end}" if before else ""
    texts = [end.join([*message, ""]) for message in written]
    content = "".join(f"{before}{text}{after}" for text in texts).encode()
    lines = [len(message) + bool(before) for message in written]
    numbers = [1 + sum(lines[:index]) for index in range(len(lines))]
    assert read(content) == [
        (number, text.rstrip().encode()) for number, text in zip(numbers, texts, strict=True)
    ]


@given(
    st.text(alphabet="MSH|FBTHS\r\n\x0b\x1c ax").map(str.encode)
    | st.lists(st.sampled_from([HEADER, "BHS|", "FTS|1", "PV1|" + "x" * 180, "\x1c", *OTHERS])).map(
        lambda lines: "\r\n".join(lines).encode()
    ),
    st.sampled_from([b"MSH|", b"FHS|", b"\x0bMSH|^~\\&", b"\xef\xbb\xbfBHS|", b"\r\nMSH|"]),
    st.lists(st.integers(0, 5)),
    st.integers(1, 200),
)
def test_messages_are_the_same_however_the_content_is_cut(
    tail: bytes, head: bytes, sizes: list[int], limit: int
) -> None:
    def outcome(sizes: list[int]) -> list[tuple[int, Content]]:
        return read(head + tail, sizes, limit)

    assert outcome(sizes) == outcome([])


def test_the_lines_of_a_batch_belong_to_no_message() -> None:
    content = f"FHS|^~\\&\nBHS|^~\\&\n\n{HEADER}\nPV1|1\nBTS|1\nBHS|\n{HEADER}\nBTS|1\nFTS|1\n"
    assert read(content.encode()) == [(4, f"{HEADER}\nPV1|1".encode()), (8, HEADER.encode())]
    assert read(b"FHS|^~\\&\nFTS") == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "other", ['{"episode_id": "E1"}', CDS, '<?xml version="1.0"?> <CDS-XMLInterchange>']
)
def test_a_line_of_another_format_is_a_record_of_its_own(other: str, end: str) -> None:
    lines = [HEADER, "PV1|1", other, other, HEADER, "PV1|1"]
    message = f"{HEADER}{end}PV1|1".encode()
    assert read(end.join(lines).encode()) == [
        (1, message),
        (3, other.encode()),
        (4, other.encode()),
        (5, message),
    ]


def test_an_object_on_several_lines_behind_a_message_is_a_record() -> None:
    written = '{\n  "procedures": [\n    {"code": "V44.4"}\n  ]\n}'
    assert read(f"{HEADER}\n{written}\n{HEADER}".encode()) == [
        (1, HEADER.encode()),
        (2, written.encode()),
        (7, HEADER.encode()),
    ]


@pytest.mark.parametrize(
    "line", ["<p>text</p>", "{\\rtf1", "<5 mmol", ' {"a": 1}', "<CDSMessageHeader>"]
)
def test_a_line_of_a_letter_belongs_to_its_message(line: str) -> None:
    content = f"{HEADER}\nOBX|1||\n{line}\nPR1|1||V44.4".encode()
    assert read(content) == [(1, content)]


def test_a_byte_order_mark_before_any_message_belongs_to_none() -> None:
    mark = b"\xef\xbb\xbf"
    message = f"{HEADER}\nPV1|1|".encode() + "é»".encode()
    content = b"\x0b" + mark + message + b"\x1c\r\n" + mark + message + b"\n\x0b" + mark + message
    assert read(content) == [(1, message), (3, message), (5, message)]


def test_a_message_that_is_too_large_is_measured_and_the_next_one_is_read() -> None:
    large = f"{HEADER}\rOBX|{'x' * 1000}\r".encode()
    assert read(large + HEADER.encode(), limit=500) == [
        (1, Oversized(len(large) - 1)),
        (3, HEADER.encode()),
    ]


@pytest.mark.parametrize("content", [b"MS", b"MSHX|\n", b"MSH\n", b"FHS", b"BTS|1\n", b"\x0b"])
def test_what_begins_no_message_is_lines(content: bytes) -> None:
    chunks = read_records("file", iter([content]), LIMIT)
    assert [chunk.shape for chunk in chunks] == [Shape.LINES]


def test_a_slow_source_need_not_fill_the_window() -> None:
    def slow() -> Iterator[bytes]:
        yield f"{HEADER}\r".encode()
        yield f"{HEADER}\rPV1|1\r".encode()
        pytest.fail("read too far")

    records = read_records("file", slow(), LIMIT)
    assert [*next(records).numbers] == [1]


@pytest.mark.parametrize("command", [["check", "--format", "jsonl"], ["publish", "--dry-run"]])
def test_commands_read_messages_by_the_fields_that_are_configured(
    tmp_path: Path, command: list[str]
) -> None:
    file = tmp_path / "messages.hl7"
    file.write_text(f"{HEADER}\rPID|1||E9\r{HEADER}\rPV1|1|I\rPID|1||E9\r", encoding="utf-8")
    assert ipg12_here(*command, str(file)).returncode == 1
    done = ipg12_here(*command, str(file), IPG12_HL7_EPISODE_ID="PID-3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b'"E9"') == 2 or b"would publish 2 records" in done.stdout
    done = ipg12_here(*command, str(file), IPG12_HL7_PROVIDER="PID")
    assert done.returncode == 2
    assert done.stderr.startswith(b"ipg12: IPG12_HL7_PROVIDER: should be: Field of HL7 messages")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_each_sample_gives_its_verdicts(sample: Path) -> None:
    expected = sample.with_suffix(".verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = [judge_value(value, LIMIT) for _, value in read(sample.read_bytes())]
    assert [each.model_dump(mode="json") for each in verdicts] == [*map(json.loads, expected)]
    assert all(map(Verdict.model_validate_json, expected))
