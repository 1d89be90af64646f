import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cli.running import COMMAND, ipg12, ipg12_here
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict import Verdict
from streams.cli.judging import judge_value
from streams.cli.reading.partial import Oversized
from streams.cli.showing.spreadsheet import header_line
from streams.cli.showing.terminal import visible
from streams.validation.check import judge

JSONL = ("check", "--format", "jsonl")
BROKEN = (b'[{"a": 1},', b'{"episode_id": "E', b"{}", b"[]", b"null", b"\xff\xfe", b'"', b"}")


def episode(episode_id: str, procedures: str) -> bytes:
    fields = {"provider_code": "R0A", "procedures": procedures.split(), "diagnoses": ["M80.58"]}
    return json.dumps({"episode_id": episode_id} | fields).encode()


COMPLIANT = episode("E1", "V44.4 V55.1 Y53.4 Z66.5")
OUT_OF_SCOPE = episode("E2", "W19.1")
NON_COMPLIANT = episode("E3", "V44.4 Y53.4 V55.1 Z66.5")
EACH = b"\n".join([COMPLIANT, OUT_OF_SCOPE, NON_COMPLIANT, b"broken"])


def verdicts(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_every_golden_episode_gets_its_outcome_and_findings(
    golden: list[dict[str, Any]], golden_lines: bytes
) -> None:
    run = ipg12(*JSONL, given=golden_lines)
    found = [
        {
            "outcome": verdict["outcome"],
            "findings": [[finding["rule"], finding["place"]] for finding in verdict["findings"]],
        }
        for verdict in verdicts(run.stdout)
    ]
    assert found == [{name: case[name] for name in ("outcome", "findings")} for case in golden]
    assert run.returncode == 1
    assert run.stderr == b""


def test_each_line_is_the_verdict_that_the_worker_would_give(golden_lines: bytes) -> None:
    run = ipg12(*JSONL, given=golden_lines)
    written = [Verdict.model_validate_json(line) for line in run.stdout.splitlines()]
    assert written == [judge(line) for line in golden_lines.splitlines()]
    assert all(verdict.source is None for verdict in written)


def test_however_episodes_are_written_they_get_the_same_verdicts(
    golden: list[dict[str, Any]], golden_lines: bytes
) -> None:
    episodes = [case["episode"] for case in golden]
    outputs = {
        ipg12(*JSONL, given=given).stdout
        for given in (
            golden_lines,
            golden_lines.replace(b"\n", b"\r\n"),
            gzip.compress(golden_lines),
            json.dumps(episodes).encode(),
            json.dumps(episodes, indent=2).encode(),
            "\n".join(json.dumps(each, indent=2) for each in episodes).encode(),
            b"\xef\xbb\xbf" + golden_lines.rstrip(),
        )
    }
    assert len(outputs) == 1


def test_20000_broken_lines_get_20000_verdicts() -> None:
    lines = [BROKEN[number % len(BROKEN)] for number in range(20_000)]
    run = ipg12(*JSONL, given=b"\n".join(lines) + b"\n")
    assert len(run.stdout.splitlines()) == 20_000
    assert {verdict["outcome"] for verdict in verdicts(run.stdout)} == {"dead-letter"}
    assert run.returncode == 1
    assert run.stderr == b""


@pytest.mark.parametrize("form", ["report", "jsonl", "csv"])
def test_several_processes_write_the_same_as_one(
    golden_lines: bytes, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(b"\n".join([golden_lines, *BROKEN]) * 40)
    arguments = ("check", "--format", form, "--limit", "1000", path)
    alone, together = ipg12(*arguments), ipg12(*arguments, "--jobs", "3")
    assert together.stdout == alone.stdout
    assert (together.returncode, together.stderr) == (alone.returncode, alone.stderr)
    assert alone.returncode == 1


@pytest.mark.parametrize(
    "records, status",
    [
        ([], 0),
        ([COMPLIANT, OUT_OF_SCOPE], 0),
        ([COMPLIANT, NON_COMPLIANT], 1),
        ([OUT_OF_SCOPE, b"broken"], 1),
    ],
)
def test_the_status_tells_whether_something_is_wrong_with_the_data(
    records: list[bytes], status: int
) -> None:
    assert ipg12(*JSONL, given=b"\n".join(records)).returncode == status
    assert ipg12("check", given=b"\n".join(records)).returncode == status


def test_files_and_standard_input_are_read_in_the_order_given(tmp_path: Path) -> None:
    first, last = tmp_path / "first.jsonl", tmp_path / "last.jsonl.gz"
    first.write_bytes(COMPLIANT)
    last.write_bytes(gzip.compress(NON_COMPLIANT))
    run = ipg12(*JSONL, first, "-", last, given=OUT_OF_SCOPE)
    assert [verdict["episode_id"] for verdict in verdicts(run.stdout)] == ["E1", "E2", "E3"]


def test_a_report_counts_what_it_does_not_show() -> None:
    run = ipg12("check", given=EACH)
    report = run.stdout.decode()
    assert "stdin:3, episode E3, provider R0A: non-compliant" in report
    assert "stdin:4: dead-letter, not-json" in report
    assert "E1" not in report
    summary = [line.split() for line in report.splitlines()]
    for outcome in ("compliant", "non-compliant", "out-of-scope", "dead-letter"):
        assert [outcome, "1"] in summary
    assert ["all", "4"] in summary
    assert ["LV02", "levels-not-second", "error", "1"] in summary


def test_only_some_rules_are_shown_and_all_records_counted() -> None:
    two_faults = episode("E4", "V44.4 Y53 V55.1 Z66.5")
    run = ipg12("check", "--only", "levels-not-second,PX04", given=EACH + b"\n" + two_faults)
    report = run.stdout.decode()
    assert "episode E3" in report
    assert "episode E4" in report
    assert "PX03" not in report
    assert "not-json" not in report
    assert "Only findings of LV02, PX04 are shown and counted." in report
    assert ["all", "5"] in [line.split() for line in report.splitlines()]
    assert ["LV02", "levels-not-second", "error", "2"] in [
        line.split() for line in report.splitlines()
    ]
    assert run.returncode == 1


@pytest.mark.parametrize(
    "limit,shown,hidden", [("0", [], "2"), ("1", ["E3"], "1"), ("2", ["E3", "broken"], "")]
)
def test_at_most_so_many_records_are_shown_and_all_counted(
    limit: str, shown: list[str], hidden: str
) -> None:
    report = ipg12("check", "--limit", limit, given=EACH).stdout.decode()
    assert ["E3"] * ("episode E3" in report) + ["broken"] * ("not-json" in report) == shown
    assert ["all", "4"] in [line.split() for line in report.splitlines()]
    note = f"Records not shown because of --limit {limit}: {hidden}.\n"
    assert report.endswith(note) == bool(hidden)


def test_a_limit_of_lines_says_on_standard_error_what_is_not_shown() -> None:
    run = ipg12(*JSONL, "--limit", "1", "--only", "LV02", given=EACH)
    assert [verdict["episode_id"] for verdict in verdicts(run.stdout)] == ["E1"]
    assert run.stderr == b"Records not shown because of --limit 1: 3.\n"


def test_csv_has_a_line_for_each_finding_and_each_dead_letter() -> None:
    formula = episode("=1+1", "V44.4 Y53.4 V55.1 Z66.5 @banana")
    run = ipg12("check", "--format", "csv", given=EACH + b"\n" + formula)
    rows = list(csv.DictReader(StringIO(run.stdout.decode())))
    assert [(row["record"], row["rule"], row["name"]) for row in rows] == [
        ("3", "LV02", "levels-not-second"),
        ("4", "", "not-json"),
        ("5", "LV02", "levels-not-second"),
        ("5", "PX06", "procedure-malformed"),
    ]
    first, broken, _, malformed = rows
    assert first | {"expected": ""} == {
        "file": "stdin",
        "record": "3",
        "provider_code": "R0A",
        "episode_id": "E3",
        "outcome": "non-compliant",
        "rule": "LV02",
        "name": "levels-not-second",
        "severity": "error",
        "place": "procedures[2].code",
        "found": "V55.1",
        "expected": "",
        "fix": "Move V55.1 directly after V44.4.",
        "procedures": "V44.4 Y53.4 V55.1 Z66.5",
        "diagnoses": "M80.58",
        "proposed": "V44.4 V55.1 Y53.4 Z66.5",
        "remaining_errors": "0",
    }
    assert broken["expected"].startswith("line 1 column 1 is not JSON")
    assert (malformed["episode_id"], malformed["found"]) == ("'=1+1", "'@banana")
    assert run.returncode == 1


@given(st.text())
def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_second_line(text: str) -> None:
    line = header_line(text)
    ((cell, *_),) = csv.reader([line])
    assert line.count("\n") == 1
    assert cell.isprintable()
    assert not cell.strip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b"))
    assert cell.removeprefix("'") in {visible(text), visible(text).removeprefix("'")}


def test_a_report_in_a_pipe_is_plain_text_of_80_columns(golden_lines: bytes) -> None:
    report = ipg12("check", given=golden_lines, FORCE_COLOR="1").stdout.decode()
    assert "\x1b" not in report
    assert max(map(len, report.splitlines())) <= 80
    wide = ipg12("check", given=golden_lines, COLUMNS="120").stdout.decode()
    assert 80 < max(map(len, wide.splitlines())) <= 120


def test_the_largest_record_can_be_configured() -> None:
    given = b"\n".join([COMPLIANT, OUT_OF_SCOPE])
    run = ipg12(*JSONL, given=given, IPG12_MAX_RECORD_BYTES=str(len(OUT_OF_SCOPE)))
    first, second = verdicts(run.stdout)
    assert first["rejection"]["reason"] == "too-large"
    assert second["outcome"] == "out-of-scope"


def test_a_record_that_was_only_measured_gets_the_verdict_of_one_that_was_read() -> None:
    value = b"x" * 11
    assert judge_value(Oversized(11), max_bytes=10) == judge_value(value, max_bytes=10)


@pytest.mark.parametrize(
    "name, content, trouble",
    [
        ("cut.gz", gzip.compress(COMPLIANT)[:-1], "is a truncated gzip file"),
        ("bad.gz", gzip.compress(COMPLIANT)[:-8] + b"damaged!", "is a damaged gzip file"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_that_cannot_be_read_is_one_line_after_what_came_before(
    tmp_path: Path, name: str, content: bytes, trouble: str, jobs: str
) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / name
    good.write_bytes(NON_COMPLIANT)
    bad.write_bytes(content)
    run = ipg12(*JSONL, "--jobs", jobs, good, bad)
    assert verdicts(run.stdout)[0]["episode_id"] == "E3"
    (line,) = run.stderr.decode().splitlines()
    assert trouble in line
    assert run.returncode == 2


@pytest.mark.parametrize(
    "name,trouble",
    [
        ("missing.jsonl", "there is no such file"),
        (".", "is a folder"),
        ("good.jsonl/more", "cannot be read: Not a directory"),
    ],
)
@pytest.mark.parametrize("command", [("check",), ("publish",), ("publish", "--dry-run")])
def test_a_second_file_that_cannot_be_read_is_named_before_the_first_is_read(
    tmp_path: Path, command: tuple[str, ...], name: str, trouble: str
) -> None:
    good = tmp_path / "good.jsonl"
    good.write_bytes(NON_COMPLIANT)
    run = ipg12_here(*command, str(good), f"{tmp_path}/{name}")
    (line,) = run.stderr.decode().splitlines()
    assert f"{name}: {trouble}" in line
    assert (run.returncode, run.stdout) == (2, b"")


def test_an_unknown_rule_is_misuse_that_names_it() -> None:
    run = ipg12_here("check", "--only", "LV02,LV2")
    assert run.stderr.decode().startswith("ipg12: there is no rule LV2; did you mean LV02")
    assert (run.returncode, run.stdout) == (2, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--format", "xml"),
        ("check", "--limit", "-1"),
        ("check", "--jobs", "0"),
        ("check", "--jobs", "many"),
        ("check", "--unknown"),
        ("chekc",),
        ("explain",),
        ("rules", "LV02"),
    ],
)
def test_misuse_is_one_line_that_names_the_help(arguments: tuple[str, ...]) -> None:
    run = ipg12_here(*arguments)
    (line,) = run.stderr.decode().splitlines()
    assert line.startswith("ipg12: ")
    assert "--help`" in line
    assert (run.returncode, run.stdout) == (2, b"")


def test_a_bad_value_in_the_environment_is_one_line_that_names_it() -> None:
    run = ipg12("check", given=COMPLIANT, IPG12_MAX_RECORD_BYTES="much")
    (line,) = run.stderr.decode().splitlines()
    assert "IPG12_MAX_RECORD_BYTES" in line
    assert run.returncode == 2


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(COMPLIANT)
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [COMMAND, *JSONL, path], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert run.stderr == b"ipg12: No space left on device\n"
    assert run.returncode == 2


@pytest.fixture(params=["1", "2"])
def endless(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[bytes]"]:
    """A check of far more than a pipe holds, which has begun to write."""
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(b"broken\n" * 100_000)
    with subprocess.Popen(
        [COMMAND, *JSONL, "--jobs", request.param, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        yield process


def test_a_reader_that_goes_away_ends_the_check_quietly(endless: "subprocess.Popen[bytes]") -> None:
    assert endless.stdout
    assert endless.stderr
    endless.stdout.close()
    assert endless.stderr.read() == b""
    assert endless.wait() == 141


def test_ctrl_c_ends_the_check_quietly(endless: "subprocess.Popen[bytes]") -> None:
    os.killpg(endless.pid, signal.SIGINT)
    _, errors = endless.communicate()
    assert errors == b""
    assert endless.returncode == 130


def test_no_process_outlives_a_check_that_was_killed(endless: "subprocess.Popen[bytes]") -> None:
    endless.kill()
    endless.communicate()
    assert endless.returncode == -signal.SIGKILL


def test_a_bar_shows_on_a_terminal_and_leaves_nothing_in_the_output(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(COMPLIANT)
    terminal, stderr = os.openpty()
    output = subprocess.run(
        [COMMAND, *JSONL, path], stdout=subprocess.PIPE, stderr=stderr, check=True
    ).stdout
    os.close(stderr)
    bar = os.read(terminal, 65_536).decode()
    os.close(terminal)
    assert "bytes" in bar
    assert bar.endswith("\x1b[2K")
    assert len(output.splitlines()) == 1


PEAK = """
import resource, subprocess, sys
with open(sys.argv[1], "rb") as file:
    subprocess.run(sys.argv[2:], stdin=file, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize("separator, opening, closing", [(b"\n", b"", b""), (b",\n", b"[", b"]")])
def test_60000_records_need_no_more_memory_than_10000(
    tmp_path: Path, separator: bytes, opening: bytes, closing: bytes
) -> None:
    def peak_kibibytes(count: int) -> int:
        path = tmp_path / "episodes.json"
        path.write_bytes(opening + separator.join([OUT_OF_SCOPE] * count) + closing)
        measure = [sys.executable, "-c", PEAK, str(path), str(COMMAND), *JSONL]
        return int(subprocess.run(measure, capture_output=True, check=True).stdout)

    assert peak_kibibytes(60_000) < peak_kibibytes(10_000) + 4096


def test_a_line_of_100_megabytes_is_measured_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    with path.open("wb") as file:
        file.write(COMPLIANT + b"\n")
        file.seek(100_000_000, os.SEEK_CUR)
        file.write(b"\n" + OUT_OF_SCOPE)
    script = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_DATA, (80_000_000,) * 2);"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, COMMAND, *JSONL, path], capture_output=True, check=False
    )
    first, second, third = verdicts(run.stdout)
    assert second["rejection"]["reason"] == "too-large"
    assert "100000000 bytes" in second["rejection"]["errors"][0]["message"]
    assert (first["episode_id"], third["episode_id"]) == ("E1", "E2")
