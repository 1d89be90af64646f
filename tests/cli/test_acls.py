import pytest
from cli.running import ipg12_here

from streams.kafka.rights import Command, grants, needed
from streams.settings import Settings


@pytest.mark.parametrize("command", Command)
def test_the_rights_of_every_command_can_be_printed_without_a_broker(command: Command) -> None:
    done = ipg12_here(
        "topics", "acls", "--user", "a b", "--for", command, IPG12_BROKERS="nowhere:1"
    )
    assert done.returncode == 0
    expected = grants(needed(command, Settings()), "a b", "nowhere:1")
    assert done.stdout.decode().splitlines() == expected


def test_without_a_user_there_is_one_line_that_asks_for_one() -> None:
    done = ipg12_here("topics", "acls")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"--user" in done.stderr
