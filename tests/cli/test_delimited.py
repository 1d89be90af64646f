import csv
import json
import os
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO, StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from canaries import TRACE
from cli.running import Completed, ipg12_here
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS, Episode, code_rows, hes, written
from strategies import damaged

from schemas.verdict import Verdict
from streams.cli.judging import judge_value
from streams.cli.publishing import publishable
from streams.cli.reading.chunk import Chunk
from streams.cli.reading.records import read_records
from streams.cli.reading.sources import read_members
from streams.errors import OperatorError
from streams.validation.check import judge

LIMIT = 1_048_576
SAMPLES = Path(__file__).parents[1] / "samples"
DELIMITED = sorted(
    path for path in (SAMPLES / "delimited").iterdir() if path.suffix in {".csv", ".txt", ".psv"}
)
TWENTY: list[Episode] = [
    json.loads(line) for line in (SAMPLES / "twenty.jsonl").read_text().splitlines()
]
UNDATED = [
    each | {"procedures": [entry["code"] for entry in each["procedures"]]} for each in TWENTY
]
DATED_LAYOUTS = {"hes", "hes-4", "one-code-a-line"}


def unpacked(content: bytes, sizes: Iterable[int] = (), limit: int = LIMIT) -> Iterator[Chunk]:
    def pieces() -> Iterator[bytes]:
        start = 0
        for size in sizes:
            yield content[start : start + size]
            start += size
        yield content[start:]

    return (chunk.unpack() for chunk in read_records("file", pieces(), limit))


def verdicts(
    content: bytes, sizes: Iterable[int] = (), limit: int = LIMIT
) -> list[tuple[int, Verdict]]:
    return [
        (number, judge_value(value, limit))
        for chunk in unpacked(content, sizes, limit)
        for number, value in zip(chunk.numbers, chunk.values, strict=True)
    ]


def without_places(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as it is in every format."""
    fields = verdict.model_dump(mode="json", exclude={"format", "remarks"})
    for finding in fields["findings"]:
        del finding["place"]
        finding["found"] = finding["found"] and finding["found"].replace(".", "")
        if finding["fix"]:
            del finding["fix"]["anchor"]
    fields["findings"].sort(
        key=lambda finding: (finding["at"] is None, finding["at"], finding["rule"])
    )
    return fields


def run(path: Path, *arguments: str) -> Completed:
    command, *options = arguments
    columns = path.with_suffix(".toml")
    mapping = ["--columns", str(columns)] if columns.exists() else []
    return ipg12_here(command, *options, *mapping, str(path))


@pytest.mark.parametrize("path", DELIMITED, ids=lambda path: path.name)
def test_each_sample_gets_its_verdicts(path: Path) -> None:
    expected = Path(f"{path}.verdicts.jsonl").read_bytes()
    assert run(path, "check", "--format", "jsonl").stdout == expected


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("separator", ",\t|;")
def test_the_same_episodes_get_the_same_verdicts_in_every_layout(
    layout: str, separator: str
) -> None:
    episodes = TWENTY if layout in DATED_LAYOUTS else UNDATED
    found = verdicts(written(LAYOUTS[layout](episodes), separator).encode())
    expected = [judge(json.dumps(each).encode()) for each in episodes]
    assert [without_places(verdict) for _, verdict in found] == [*map(without_places, expected)]
    assert {verdict.format for _, verdict in found} == {"delimited"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_verdicts_are_the_same_in_every_encoding(encoding: str, end: str) -> None:
    text = written(hes(TWENTY))
    content = f"\n \n{text}".replace("\r\n", end).encode(encoding)
    found = [verdict for _, verdict in verdicts(content)]
    assert found == [verdict for _, verdict in verdicts(text.encode())]


def test_a_line_that_is_not_utf_8_is_windows_1252() -> None:
    rows = "episode_id,provider_code,procedures,diagnoses\nÉ1,R0A,W371,M161\n€2,R0A,W371,M161\n"
    lines = rows.splitlines(keepends=True)
    content = lines[0].encode() + lines[1].encode() + lines[2].encode("cp1252")
    assert [verdict.episode_id for _, verdict in verdicts(content)] == ["É1", "€2"]


def test_what_polars_writes_is_read() -> None:
    rows = hes(TWENTY)
    frame = pl.DataFrame(
        {name: [row[index] or None for row in rows[1:]] for index, name in enumerate(rows[0])}
    )
    for options in ({}, {"quote_style": "always"}, {"null_value": "NULL", "separator": "|"}):
        text = frame.write_csv(None, **options)  # type: ignore[call-overload]
        assert [verdict for _, verdict in verdicts(text.encode())] == [
            verdict for _, verdict in verdicts(written(rows).encode())
        ]


@given(st.sampled_from([*LAYOUTS]), st.lists(st.integers(0, 400)), st.sampled_from([2000, LIMIT]))
def test_verdicts_are_the_same_however_the_content_is_cut(
    layout: str, sizes: list[int], limit: int
) -> None:
    content = written(LAYOUTS[layout](TWENTY[:6])).replace("E01", '"E01\n"').encode()
    expected = [(number, verdict.outcome) for number, verdict in verdicts(content, (), limit)]
    assert [(n, verdict.outcome) for n, verdict in verdicts(content, sizes, limit)] == expected


damage = st.binary(max_size=4) | st.sampled_from(
    [b'"', b"\n", b"\r", b",", b"\0", b'""', b"||", b"\xff", b"\n\n", b'{"a": 1}\n']
)


@given(
    st.sampled_from([path.read_bytes() for path in DELIMITED])
    | st.sampled_from([written(each(TWENTY[:3])).encode() for each in LAYOUTS.values()]),
    st.lists(st.tuples(st.integers(0, 3000), damage), max_size=4),
    st.integers(0, 3000),
)
def test_damaged_files_give_verdicts_or_one_line(
    content: bytes, damages: list[tuple[int, bytes]], length: int
) -> None:
    for at, by in damages:
        content = damaged(content, at, by)
    for cut in content, content[:length]:
        with suppress(OperatorError):
            assert all(isinstance(verdict, Verdict) for _, verdict in verdicts(cut))


@given(st.binary(max_size=300), st.sampled_from([written(each([])) for each in LAYOUTS.values()]))
def test_any_bytes_below_a_header_give_verdicts(content: bytes, header: str) -> None:
    assert all(isinstance(verdict, Verdict) for _, verdict in verdicts(header.encode() + content))


def test_no_dead_letter_or_error_quotes_a_value() -> None:
    value = "bcdfghjkl"
    rows = [
        f"{value},{value},{value}",
        ",".join([value] * 6),
        f'"{value}',
        f"1,R0A,{value * 3},{value * 3}",
        f"{value * 9},{value * 9},,",
    ]
    for header in (
        "episode_id,provider_code,procedures,diagnoses",
        "episode_id,provider_code,type,code",
        "EPIKEY,PROCODE3,OPERTN_01,DIAG_01",
    ):
        found = verdicts("\n".join([header, *rows]).encode())
        rejections = [verdict.rejection for _, verdict in found if verdict.rejection]
        assert rejections
        assert not TRACE.search("".join(str((each.errors, each.hint)) for each in rejections))
    with pytest.raises(OperatorError) as error:
        verdicts(f"EPIKEY,{value},PROCODE3\n".encode())
    assert not TRACE.search(str(error.value))


WIDE = "EPIKEY,PROCODE3,DIAG_01,OPERTN_01,OPERTN_02\n"


@pytest.mark.parametrize(
    "rows,expected",
    [
        ("1,R0A,M161,W371\n2,R0A,M161,W371,\n", {2: "OPERTN_02", 3: None}),
        ("1,R0A,M161,W371,,,\n2,R0A,M161,W371,\n", {2: "column 6", 3: None}),
        ('{"episode_id": "E1"}\n2,R0A,M161,W371,\n', {2: "PROCODE3", 3: None}),
        ("\n , \n,,,,\n2,R0A,M161,W371,\n\n", {5: None}),
        ('1,R0A,M161,W371,"open\n2,R0A,M161,W371,\n', {2: "row", 3: None}),
        ('1,"R0A,M161,W371,\n2,R0A,"M161",W371,\n3,R0A,M161,W371,\n', {2: "row", 3: None, 4: None}),
        ('1,R0A,"M\n161",W371,\n2,R0A,M161,W371,\n', {2: None, 4: None}),
        ('1,R0A,"M\n161",W371\n2,R0A,M161,W371,\n', {2: "OPERTN_02", 3: "DIAG_01", 4: None}),
        (",R0A,M161,W371,\n", {2: "EPIKEY"}),
        ("1,NULL,M161,W371,\n", {2: "PROCODE3"}),
        ("1,R0A,M161,W371 W371 W371 W371 W371,\n", {2: "OPERTN_01"}),
    ],
)
def test_rows_that_cannot_be_read_are_named_line_by_line(
    rows: str, expected: dict[int, str | None]
) -> None:
    found = {
        number: verdict.rejection and verdict.rejection.errors[0].place
        for number, verdict in verdicts((WIDE + rows).encode())
    }
    assert found == expected


def test_a_row_over_the_limit_is_too_large_and_leaves_the_others_whole() -> None:
    rows = f"1,R0A,M161,W371,{'x' * 200}\n2,R0A,M161,W371,\n"
    for sizes in (), [60, 60, 60, 60]:
        found = verdicts((WIDE + rows).encode(), sizes, limit=100)
        assert [number for number, _ in found] == [2, 3]
        assert found[0][1].rejection
        assert found[0][1].rejection.reason == "too-large"
        assert not found[1][1].rejection


def test_a_quotation_mark_that_nothing_closes_costs_one_row() -> None:
    rows = '1,R0A,M161,W371,"open\n' + "2,R0A,M161,W371,\n" * 100_000
    found = verdicts((WIDE + rows).encode(), [70_000] * 30, limit=100_000)
    assert len(found) == 100_001
    assert sum(bool(verdict.rejection) for _, verdict in found) == 1


LONG = "episode_id,provider_code,type,position,code,date\n"


def test_an_episode_whose_lines_stand_apart_is_refused_wherever_they_stand() -> None:
    rows = "1,R0A,OPCS4,1,V444,\n2,R0A,OPCS4,1,W371,\n1,R0A,ICD10,1,M8058,\n1,R0B,ICD10,1,I10X,\n"
    found = verdicts((LONG + rows).encode())
    assert [(number, verdict.outcome) for number, verdict in found] == [
        *((2, "dead-letter"), (3, "out-of-scope"), (4, "dead-letter"), (5, "out-of-scope"))
    ]
    assert found[0][1].episode_id == "1"


def test_a_line_that_cannot_be_read_refuses_its_episode_alone() -> None:
    rows = "1,R0A,OPCS4,1,V444,\n1,R0A,OPCS4\n2,R0A,OPCS4,1,W371,\n3,R0A,OPCS4,1,W371,,\n4\n"
    found = verdicts((LONG + rows).encode())
    assert [
        (number, verdict.episode_id, verdict.rejection and verdict.rejection.errors[0].place)
        for number, verdict in found
    ] == [(2, "1", "line 3, position"), (4, "2", None), (5, "3", "line 5, column 7")]


def test_an_episode_of_too_many_lines_is_refused() -> None:
    rows = "1,R0A,OPCS4,,V444,\n" * 1000
    ((_, verdict),) = verdicts((LONG + rows).encode(), limit=5000)
    assert verdict.rejection
    assert "more than the limit" in verdict.rejection.errors[0].message


def test_many_episodes_of_one_code_a_line_are_all_read() -> None:
    episodes = [TWENTY[0] | {"episode_id": str(number)} for number in range(1200)]
    found = verdicts(written(code_rows(episodes)).encode(), [5000] * 20)
    assert [verdict.episode_id for _, verdict in found] == [str(number) for number in range(1200)]


@pytest.mark.parametrize(
    "header,message",
    [
        (
            "EPIKEY,PROCODE3,OPERTN_01",
            r"lacks diagnoses \(.*\); found EPIKEY, PROCODE3, OPERTN_01;",
        ),
        ("id,trust,op1", r"lacks episode ids .*found no name that is known; .*--columns"),
        ("APCS_Ident,Der_Provider_Code,Der_Procedure_All,Der_Diagnosis_All", r"is of spells"),
        ("EPIKEY,epikey,PROCODE3,OPERTN_01,DIAG_01", r"has two columns epikey"),
        ("EPIKEY,PROCODE3,code,date", r"lacks types of codes"),
        ("EPIKEY,PROCODE3,OPERTN_01,OPERTN_03,DIAG_01", r"has OPERTN_03, but not every column"),
    ],
)
def test_a_header_that_lacks_something_is_one_line(
    header: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "extract.csv"
    path.write_text(header + "\n1,R0A,V444,M8058\n", encoding="utf-8")
    for command in "check", "convert", "publish":
        done = run(path, command, *(["--dry-run"] if command == "publish" else []))
        assert done.returncode == 2
        (line,) = done.stderr.decode().splitlines()
        assert line.startswith(f"ipg12: {path}: the header ")
    with pytest.raises(OperatorError, match=message):
        verdicts(path.read_bytes())


HEADER = "EPIKEY,PROCODE3,OPERTN_01,OPDATE_01,OPERTN_02,OPDATE_02,OPERTN_03,DIAG_01\n"
TWO_VISITS = "1,R0A,V444,31/01/2026,V551,31/01/2026,Y534,M8058\n"


@pytest.mark.parametrize(
    "day", ["31/01/2026", "31-01-2026", "31.01.2026", "31/1/2026", "31/01/2026 00:00", "20260131"]
)
def test_days_are_read_as_they_are_written_here(day: str, tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    content = HEADER + TWO_VISITS.replace("31/01/2026", day)
    path.write_text(content, encoding="utf-8")
    (line,) = run(path, "convert").stdout.splitlines()
    assert [each["date"] for each in json.loads(line)["procedures"][:2]] == ["2026-01-31"] * 2


def test_what_cannot_be_read_is_named_when_it_is_converted_or_published(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_text(HEADER + TWO_VISITS.replace("31/01/2026", "01/31/2026", 1), encoding="utf-8")
    for command in ("convert",), ("publish", "--dry-run"):
        done = run(path, *command)
        assert done.returncode == 0
        message = f"{path}:2: OPDATE_01 is not a date such as 2026-01-31, and was left out"
        assert done.stderr.decode().splitlines() == [message]


@pytest.mark.parametrize("episode_id", ["EPIKEY", "PROCODE3", "4.00123E+11", "4E11"])
def test_another_header_and_a_shortened_number_name_no_episode(episode_id: str) -> None:
    wide = HEADER + TWO_VISITS.replace("1,", f"{episode_id},", 1)
    coded = f"EPIKEY,PROCODE3,type,code\n{episode_id},R0A,OPCS4,V444\n"
    for content in wide, coded:
        ((_, verdict),) = verdicts(content.encode())
        assert verdict.rejection
        (fault,) = verdict.rejection.errors
        assert fault.place.endswith("EPIKEY")


def test_text_without_a_header_gives_dead_letters() -> None:
    for content in "E1,R0A,V444,M8058\n" * 2, "no, header; here\n" * 2, "a\n" * 2:
        assert [verdict.outcome for _, verdict in verdicts(content.encode())] == ["dead-letter"] * 2


def test_check_reports_the_line_and_marks_the_code() -> None:
    done = run(SAMPLES / "delimited" / "hes.csv", "check")
    assert b"hes.csv:4" in done.stdout
    assert b"LV02" in done.stdout
    assert done.returncode == 1


def test_rows_are_judged_alike_by_several_processes(tmp_path: Path) -> None:
    path = tmp_path / "twenty.csv"
    path.write_text(written(hes(TWENTY * 200)), encoding="utf-8")
    alone = run(path, "check", "--format", "csv")
    shared = run(path, "check", "--format", "csv", "--jobs", "2")
    assert shared.stdout == alone.stdout
    assert len(list(csv.reader(StringIO(alone.stdout.decode())))) > 2000


def test_rows_are_published_as_native_episodes_under_their_keys() -> None:
    refused: list[str] = []
    content = written(hes(TWENTY)).encode() + b"short\n"
    chunks = read_records("file", iter([content]), LIMIT)
    published = list(
        publishable(chunks, LIMIT, force=True, on_refused=refused.append, on_left_out=pytest.fail)
    )
    assert [record.read.episode_id for record in published] == [
        each["episode_id"] for each in TWENTY
    ]
    for record, each in zip(published, TWENTY, strict=True):
        assert without_places(judge(record.value)) == without_places(
            judge(json.dumps(each).encode())
        )
    (line,) = refused
    assert line.startswith("file:22: not published: not-an-episode: SEX is missing")


def test_convert_writes_native_episodes_and_names_the_rest() -> None:
    done = run(SAMPLES / "delimited" / "hes.csv", "convert")
    first = json.loads(done.stdout.splitlines()[0])
    assert first == {
        "episode_id": "501000000001",
        "provider_code": "R0A",
        "procedures": [
            {"code": code, "date": "2026-01-31"} for code in ("V444", "V551", "Y534", "Z665")
        ],
        "diagnoses": ["M8058", "I10X"],
        "episode_number": 1,
        "start_date": "2026-01-30",
        "end_date": "2026-02-01",
    }
    assert len(done.stdout.splitlines()) == 3
    assert b"hes.csv:6: not converted: not-an-episode: EPISTART is missing" in done.stderr
    assert done.returncode == 1


def test_convert_reads_whatever_check_reads(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    enveloped = {"schema": None, "payload": TWENTY[0]}
    withdrawn = {"episode_id": "E1", "provider_code": "R0A", "withdrawn": "Y"}
    path.write_text("\n".join(map(json.dumps, [TWENTY[0], enveloped, withdrawn])), encoding="utf-8")
    done = run(path, "convert")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == [TWENTY[0], TWENTY[0], withdrawn | {"withdrawn": True}]
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "names,message",
    [
        ("a = [", "is not TOML"),
        ('name = "x"', "episode_id is missing; it should be the name of a column"),
        (
            'episode_id = "Ref"\nprovider_code = 1',
            "provider_code should be the name of a column or",
        ),
    ],
)
def test_a_file_of_columns_that_cannot_be_read_is_one_line(
    tmp_path: Path, names: str, message: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Ref,Op 1\n1,V444\n", encoding="utf-8")
    path.with_suffix(".toml").write_text(names, encoding="utf-8")
    done = run(path, "check")
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"ipg12: {path.with_suffix('.toml')}: {message}")


def test_a_zip_file_is_read_file_by_file(tmp_path: Path) -> None:
    path = tmp_path / "extract.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2026/hes.csv", written(hes(TWENTY)))
        archive.writestr("__MACOSX/hes.csv", b"\0")
        archive.writestr("episodes.jsonl", "".join(json.dumps(each) + "\n" for each in TWENTY))
    done = run(path, "check", "--format", "csv")
    sources = [row[0] for row in csv.reader(StringIO(done.stdout.decode()))][1:]
    assert set(sources) == {f"{path}/2026/hes.csv", f"{path}/episodes.jsonl"}
    assert len(sources) % 2 == 0
    assert run(path, "convert").stdout.count(b"\n") == 40


def zipped(name: str = "hes.csv") -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, written(hes(TWENTY)))
    return file.getvalue()


def test_a_zip_file_is_read_from_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=path.write_bytes, args=[zipped()])
    writer.start()
    ((name, pieces),) = read_members(str(path))
    assert name == f"{path}/hes.csv"
    assert b"".join(pieces) == written(hes(TWENTY)).encode()
    writer.join()


ENCRYPTED = bytearray(zipped())
ENCRYPTED[6] |= 1
ENCRYPTED[ENCRYPTED.index(b"PK\x01\x02") + 8] |= 1
DAMAGED = bytearray(zipped())
DAMAGED[200:210] = b"\xff" * 10
NESTED = BytesIO()
with zipfile.ZipFile(NESTED, "w") as outer:
    outer.writestr("inner.zip", zipped())
UNKNOWN_METHOD = bytearray(zipped())
UNKNOWN_METHOD[8] = UNKNOWN_METHOD[UNKNOWN_METHOD.index(b"PK\x01\x02") + 10] = 99


@pytest.mark.parametrize(
    "content,message",
    [
        (zipped()[:-30], "is a damaged zip file; fetch it again"),
        (bytes(DAMAGED), "/hes.csv: is in a damaged zip file; fetch it again"),
        (bytes(ENCRYPTED), "/hes.csv: is encrypted; decrypt the zip file first"),
        (bytes(UNKNOWN_METHOD), "/hes.csv: is compressed by a method that is not read"),
        (zipped("[Content_Types].xml"), "is an Office document; save its table as CSV in UTF-8"),
        (NESTED.getvalue(), "/inner.zip: is a zip file within a zip file; unpack it first"),
    ],
    ids=["cut", "damaged", "encrypted", "method", "office", "nested"],
)
def test_a_zip_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "extract.zip"
    path.write_bytes(content)
    done = run(path, "convert")
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"ipg12: {path}")
    assert message in line


@pytest.mark.parametrize(
    "row", ['"', '""', '"""\n', '"a\n', "1,", '1,"', "\n", "\r", '"a""', "1,R0A,M161,W371,\n"]
)
def test_the_worst_repetition_is_read_quickly(row: str) -> None:
    content = (WIDE + row * (LIMIT // len(row))).encode()
    start = time.process_time()
    for chunk in unpacked(content, [262_144] * 4):
        assert chunk.source == "file"
    assert time.process_time() - start < 10
