import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import NamedTuple

import pytest
from cli.running import Completed, ipg12_here

from schemas.verdict import Verdict
from streams.cli.showing.alerts import local
from streams.kafka.rights import Command
from streams.settings import Settings
from streams.validation.check import check, judge
from streams.validation.rule import coded

NOW = datetime.now(UTC)
BAD = check(coded("V44.4 Y53.4 V55.1 Z66.5"))
OTHER = check(coded("V44.4 V55.1 Y53.4 Z66.5")).model_copy(update={"provider_code": "RM3"})
DEAD = judge(b"{")


class Message(NamedTuple):
    text: bytes | None
    at: datetime = NOW

    def value(self) -> bytes | None:
        return self.text

    def timestamp(self) -> tuple[int, int]:
        return 1, int(self.at.timestamp() * 1000)

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 17


def of(*verdicts: Verdict, at: datetime = NOW) -> list[Message]:
    return [Message(each.model_dump_json().encode(), at) for each in verdicts]


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Give what stands on the topic; a test fills it."""
    messages: list[Message] = []

    def read_topic(
        _: Settings, name: str, *, since_ms: int | None, stop: Event | None
    ) -> Iterator[Message]:
        assert name == "ipg12.verdicts"
        assert (since_ms or 0) >= 0
        yield from messages
        if stop:
            stop.set()

    monkeypatch.setattr("streams.kafka.topic_reader.read_topic", read_topic)
    monkeypatch.setattr("streams.kafka.admin.verify_use", verify_use)
    return messages


def verify_use(_: Settings, command: Command) -> None:
    assert command is Command.READER


def lines(done: Completed) -> Sequence[str]:
    assert (done.returncode, done.stderr) == (0, b""), done
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize(
    "arguments,said",
    [
        (("--provider", "*"), "* is not an ODS code of 3 to 12 letters and digits"),
        (("--since", "2"), "--since should be as in 90m, 8h or 3d, or a time as in"),
        (("--since", "yesterday"), "--since should be as in 90m, 8h or 3d"),
        (("--since", "0001-01-01"), "--since should be as in"),
        (("--format", "csv"), "Invalid value for '--format'"),
        (("R0A",), "unexpected extra argument"),
    ],
)
def test_what_makes_no_sense_is_one_line_before_any_broker_is_asked(
    arguments: tuple[str, ...], said: str
) -> None:
    done = ipg12_here("verdicts", *arguments, IPG12_BROKERS="nowhere.invalid:1", TZ="Asia/Tokyo")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_table_has_a_line_for_each_verdict(topic: list[Message]) -> None:
    topic += [*of(BAD, OTHER, DEAD), Message(None)]
    heading, *rows = lines(ipg12_here("verdicts"))
    assert " ".join(heading.split()) == "Record of Provider Episode Outcome Rules or reason"
    at = local(NOW)
    assert [" ".join(row.split()) for row in rows] == [
        f"{at} {BAD.provider_code} {BAD.episode_id} non-compliant {', '.join(BAD.rules)}",
        f"{at} RM3 {OTHER.episode_id} compliant",
        f"{at} dead-letter not-json",
    ]


def test_json_lines_are_the_verdicts(topic: list[Message]) -> None:
    topic += of(BAD, DEAD)
    written = lines(ipg12_here("verdicts", "--format", "jsonl"))
    assert [Verdict.model_validate_json(line) for line in written] == [BAD, DEAD]


def test_only_verdicts_of_the_provider_are_shown(topic: list[Message]) -> None:
    topic += of(BAD, OTHER, DEAD)
    (line,) = lines(ipg12_here("verdicts", "--provider", "rm3", "--format", "jsonl"))
    assert json.loads(line)["provider_code"] == "RM3"
    assert lines(ipg12_here("verdicts", "--provider", "ZZZ")) == ["no verdicts"]


@pytest.mark.parametrize(
    "since", ["2h", (NOW - timedelta(hours=2)).isoformat()], ids=["duration", "time"]
)
def test_records_from_before_are_left_out_wherever_they_stand(
    topic: list[Message], since: str
) -> None:
    topic += of(BAD, OTHER) + of(DEAD, at=NOW - timedelta(hours=3)) + of(BAD)
    shown = lines(ipg12_here("verdicts", "--since", since, "--format", "jsonl"))
    assert [Verdict.model_validate_json(line).outcome for line in shown] == [
        BAD.outcome,
        OTHER.outcome,
        BAD.outcome,
    ]


def test_a_time_before_1970_is_the_beginning(topic: list[Message]) -> None:
    topic += of(BAD, at=datetime(1970, 1, 1, tzinfo=UTC))
    assert len(lines(ipg12_here("verdicts", "--since", "99999d"))) == 2


def test_what_is_followed_ends_without_a_word(topic: list[Message]) -> None:
    assert lines(ipg12_here("verdicts", "--follow")) == []
    assert topic == []


def test_what_ipg12_did_not_write_is_one_line_without_its_content(topic: list[Message]) -> None:
    topic.append(Message(b'{"secret": 1}'))
    done = ipg12_here("verdicts")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ipg12: ipg12.verdicts/3/17 was not written by ipg12")
    assert done.stderr.count(b"\n") == 1
    assert b"secret" not in done.stderr
