import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest
from dashboard.scenes import Scene, record
from fastapi.testclient import TestClient

from schemas.episode import CODES_IN_A_LIST, CodedEntry, Episode, Withdrawal
from schemas.rejection import MAX_FAULTS, Reason
from streams.kafka.topics import Topics
from streams.settings import Settings
from streams.validation.check import judge
from streams.validation.reading import MAX_RECORD_BYTES, read_episode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/publishing.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^( *```{language}\n.*?```)$", PAGE, re.DOTALL | re.MULTILINE)
    return ["".join(dedent(block).splitlines(keepends=True)[1:-1]) for block in found]


BLOCKS = blocks("json")
SESSIONS = [block.partition("\n") for block in blocks("console")]


@pytest.mark.parametrize(
    "block,kind", [*zip(BLOCKS, (Episode, Withdrawal, Withdrawal), strict=True)]
)
def test_every_record_that_the_page_shows_is_read_without_a_remark(block: str, kind: type) -> None:
    read = read_episode(block.encode())
    assert type(read) is kind
    assert not isinstance(read, Episode) or read.remarks == ()


def test_the_page_names_every_field_and_every_reason() -> None:
    first_cells = re.findall(r"(?m)^\| (`.*?) \|", PAGE)
    named = {name for cell in first_cells for name in re.findall(r"`([\w-]+)`", cell)}
    fields = {name for name, field in Episode.model_fields.items() if not field.exclude}
    assert named == fields | set(CodedEntry.__annotations__) | set(Reason)


def test_the_page_gives_the_limits_there_are() -> None:
    assert f"at most {CODES_IN_A_LIST} entries" in PAGE
    assert f"at most {MAX_FAULTS} times" in PAGE
    assert "1 MiB by default" in PAGE
    assert MAX_RECORD_BYTES == 2**20


@pytest.mark.parametrize("command,shown", [(each[0], each[2]) for each in SESSIONS])
def test_the_page_shows_what_a_command_prints(command: str, shown: str) -> None:
    program, *arguments = shlex.split(command.removeprefix("$ "))
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.stdout == shown


def test_the_programs_on_the_page_are_python() -> None:
    assert len(blocks("python")) == 3
    for program in blocks("python"):
        ast.parse(program)


def test_the_producer_on_the_page_names_what_was_not_delivered() -> None:
    (program,) = (each for each in blocks("python") if "Producer(" in each)
    brokers = '"bootstrap.servers": "localhost:9092",'
    assert brokers in program
    unreachable = (  # and no log of the client's own, which may stand within a line
        '"bootstrap.servers": "127.0.0.1:1", "delivery.timeout.ms": 500, "log_level": 0,'
    )
    done = subprocess.run(
        [sys.executable, "-c", program.replace(brokers, unreachable)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    line = "R0A/E1 was not delivered: Local: Message timed out"
    assert done.stderr.splitlines().count(line) == 3


def validated(value: bytes) -> str:
    """Run the program that validates an episode."""
    (program,) = (each for each in blocks("python") if "jsonschema" in each)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, input=value, capture_output=True, check=True
    )
    return done.stdout.decode()


def test_the_validator_on_the_page_accepts_an_episode_and_names_the_place_of_a_fault() -> None:
    assert validated(BLOCKS[0].encode()) == ""
    assert validated(record(procedures=[{"code": 1}])).startswith("$.procedures[0] ")


def test_the_request_on_the_page_is_answered_with_the_verdict() -> None:
    (command,) = (each for each in blocks("sh") if "curl" in each)
    *_, address = shlex.split(command)
    settings = Settings()
    site = urlsplit(address)
    assert site.netloc == f"{settings.dashboard_host}:{settings.dashboard_port}"
    value = BLOCKS[0].encode()
    with TestClient(Scene().dashboard(), base_url=f"http://{site.netloc}") as http:
        answer = http.post(site.path, content=value)
    assert answer.json() == json.loads(judge(value).model_dump_json())


def test_every_topic_on_the_page_is_one_of_ours() -> None:
    topics = Topics(Settings().topic_prefix)
    every = {name for name in vars(topics).values() if isinstance(name, str)}
    every |= set(topics.outputs.values())
    assert set(re.findall(r"ipg12\.[a-z][a-z-]*", PAGE)) <= every
