import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from schemas.verdict import Outcome
from streams.kafka.rights import Command, Operation, Resource, Right, grants, needed
from streams.kafka.topics import Topics, for_alerts, for_worker
from streams.setting_types import OutOfScope
from streams.settings import Settings

SETTINGS = Settings(group="judges", topic_prefix="of-a-trust.")
TOPICS = Topics(SETTINGS.topic_prefix)


def names(command: Command, operation: Operation, settings: Settings = SETTINGS) -> set[str]:
    return {
        right.name
        for right in needed(command, settings)
        if right.resource is Resource.TOPIC and right.operation is operation
    }


def test_a_worker_reads_input_and_ledger_and_writes_every_topic_but_the_input() -> None:
    every = {topic.name for topic in for_worker(SETTINGS)}
    assert names(Command.WORKER, Operation.READ) == {TOPICS.episodes, TOPICS.ledger}
    assert names(Command.WORKER, Operation.WRITE) == every - {TOPICS.episodes}


def test_a_worker_that_only_counts_what_is_out_of_scope_may_not_write_it() -> None:
    counting = SETTINGS.model_copy(update={"out_of_scope": OutOfScope.COUNT})
    spared = names(Command.WORKER, Operation.WRITE) - names(
        Command.WORKER, Operation.WRITE, counting
    )
    assert spared == {TOPICS.outputs[Outcome.OUT_OF_SCOPE]}


def test_what_keeps_the_alerts_may_write_no_verdict_and_no_command() -> None:
    written = names(Command.ALERTS, Operation.WRITE)
    assert TOPICS.verdicts not in written
    assert written == {
        TOPICS.outputs[Outcome.DEAD_LETTER],
        *(topic.name for topic in for_alerts(SETTINGS) if topic.name != TOPICS.alert_commands),
    }


def test_a_notifier_may_read_what_happened_to_alerts_in_a_group_of_its_own_and_write_nothing() -> (
    None
):
    assert needed(Command.NOTIFIER, SETTINGS) == [
        Right(Operation.READ, Resource.TOPIC, TOPICS.alert_events),
        Right(Operation.READ, Resource.GROUP, "judges-webhook"),
    ]


def test_an_operator_may_write_commands_and_nothing_else() -> None:
    assert names(Command.OPERATOR, Operation.WRITE) == {TOPICS.alert_commands}


def test_a_dashboard_may_write_commands_only_where_it_has_a_token() -> None:
    with_token = SETTINGS.model_copy(update={"api_token": SecretStr("x" * 16)})
    assert names(Command.DASHBOARD, Operation.WRITE) == set()
    assert names(Command.DASHBOARD, Operation.WRITE, with_token) == {TOPICS.alert_commands}
    assert names(Command.DASHBOARD, Operation.DESCRIBE) == {TOPICS.episodes}


def test_a_publisher_may_write_the_input_and_nothing_else() -> None:
    assert needed(Command.PUBLISH, SETTINGS) == [
        Right(Operation.WRITE, Resource.TOPIC, TOPICS.episodes)
    ]


def test_a_reader_may_read_the_verdicts_and_nothing_else() -> None:
    assert needed(Command.READER, SETTINGS) == [
        Right(Operation.READ, Resource.TOPIC, TOPICS.verdicts)
    ]


def test_only_transactional_ids_are_given_by_their_beginning_which_ends_with_the_source() -> None:
    rights = [right for command in Command for right in needed(command, SETTINGS)]
    prefixed = [right for right in rights if right.prefixed]
    assert {right.resource for right in prefixed} == {Resource.TRANSACTIONAL_ID}
    assert [right.name for right in prefixed] == [
        f"judges/{TOPICS.episodes}/",
        f"judges-alerts/{TOPICS.verdicts}/",
    ]
    assert all(str(right).endswith("/*") for right in prefixed)


@pytest.mark.parametrize("command", Command)
def test_no_right_is_given_twice_and_each_kind_has_one_line(command: Command) -> None:
    rights = needed(command, SETTINGS)
    assert len(set(rights)) == len(rights)
    kinds = {(right.operation, right.resource) for right in rights}
    assert len(grants(rights, "u", "b:1")) == len(kinds)


@given(st.text(min_size=1), st.sampled_from(Command))
def test_a_shell_reads_a_printed_line_as_it_was_meant_whatever_the_user_is_called(
    user: str, command: Command
) -> None:
    lines = grants(needed(command, SETTINGS), user, "one:1,two:2", Path("a file"))
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "kafka-acls.sh"
        assert words[words.index("--allow-principal") + 1] == f"User:{user}"
        assert words[words.index("--bootstrap-server") + 1] == "one:1,two:2"
        assert words[words.index("--command-config") + 1] == "a file"
