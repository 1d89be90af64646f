import json
from pathlib import Path

import pytest
from cli.running import Completed, ipg12_here
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.publishing import NAMED, Publishable, publishable
from streams.cli.reading.chunk import Content
from streams.cli.reading.records import read_files, read_records
from streams.kafka.publish import record_key
from streams.validation.check import judge
from streams.validation.reading import read_episode

LIMIT = 1_048_576
GOOD = b'{"episode_id": "E1", "provider_code": "R0A", "procedures": ["V44.4"], "diagnoses": []}'
ODD = b'{"episode_id": 7, "provider_code": " r0a00 ", "procedures": [], "diagnoses": []}'
WITHDRAWN = b'{"episode_id": "E1", "provider_code": "R0A", "withdrawn": true}'
KEYLESS = b'{"episode_id": "E1", "procedures": []}'


def taken(content: bytes, *, force: bool = False) -> tuple[list[Publishable], list[str]]:
    """Return what is published of a file, and what is said of the rest."""
    refused: list[str] = []
    chunks = read_records("file", iter([content]), LIMIT)
    return list(
        publishable(
            chunks, LIMIT, force=force, on_refused=refused.append, on_left_out=lambda _: None
        )
    ), refused


@given(st.lists(st.sampled_from([GOOD, ODD, WITHDRAWN, KEYLESS, b"", b"{", b"[1]"]), min_size=1))
def test_what_check_calls_a_dead_letter_is_refused_and_all_else_published(
    records: list[bytes],
) -> None:
    content = b"\n".join([*records, GOOD])
    read: list[Content] = [
        value for chunk in read_records("file", iter([content]), LIMIT) for value in chunk.values
    ]
    published, refused = taken(content)
    good = [value for value in read if isinstance(value, bytes) and not judge(value).rejection]
    assert [record.value for record in published] == good
    assert len(refused) == len(read) - len(good)
    forced, refused_by_force = taken(content, force=True)
    assert [record.value for record in forced] == read
    assert refused_by_force == []


@pytest.mark.parametrize(
    "value,key",
    [
        (GOOD, b"R0A/E1"),
        (ODD, b"R0A/7"),
        (WITHDRAWN, b"R0A/E1"),
        (b'{"episode_id": "E1", "provider_code": "R0A", "procedures": [1]}', b"R0A/E1"),
        (KEYLESS, None),
        (b"{", None),
    ],
)
def test_the_key_is_provider_and_episode_as_they_are_read(value: bytes, key: bytes | None) -> None:
    assert record_key(read_episode(value)) == key


def dry_run(path: Path, *arguments: str) -> Completed:
    return ipg12_here("publish", "--dry-run", *arguments, str(path), IPG12_BROKERS="nowhere:1")


def test_a_dry_run_names_what_would_be_a_dead_letter_and_asks_no_broker(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(b"\n".join([GOOD, KEYLESS, *[b"{"] * NAMED]))
    run = dry_run(path)
    lines = run.stderr.decode().splitlines()
    assert run.stdout == b"would publish 1 records to ipg12.episodes\n"
    assert lines[0].startswith(
        f"{path}:2: not published: not-an-episode: provider_code is required"
    )
    assert lines[NAMED - 1].startswith(f"{path}:{NAMED + 1}: not published: not-json: ")
    assert lines[NAMED:] == ["and 1 more are not published"]
    assert run.returncode == 1


def test_a_file_without_dead_letters_or_by_force_is_published_whole(tmp_path: Path) -> None:
    path = tmp_path / "episodes.json"
    path.write_text(json.dumps([json.loads(GOOD)] * 3, indent=1), encoding="utf-8-sig")
    run = dry_run(path)
    assert (run.returncode, run.stdout) == (0, b"would publish 3 records to ipg12.episodes\n")
    path.write_bytes(b"\n".join([GOOD, KEYLESS, b"{"]))
    forced = dry_run(path, "--force")
    assert (forced.returncode, forced.stdout, forced.stderr) == (0, run.stdout, b"")


def test_by_force_a_record_over_the_limit_is_published_if_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(GOOD + b"\n" + b"x" * 100)
    refused: list[str] = []
    chunks = read_files([str(path)], max_bytes=len(GOOD))
    forced = publishable(chunks, 50, force=True, on_refused=refused.append, on_left_out=pytest.fail)
    assert [record.value for record in forced] == [GOOD]
    (line,) = refused
    assert line.startswith(f"{path}:2: not published: too-large: value has 100 bytes")
