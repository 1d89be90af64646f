import subprocess
import sys
from importlib.metadata import version

import pytest
from cli.running import ipg12

HEAVY = {"faust", "aiokafka", "confluent_kafka", "prometheus_client"}
LOADED = """
import sys
from streams.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("rules",),
        ("explain", "LV02"),
        ("check",),
        ("convert",),
        ("publish", "--dry-run"),
        ("--help",),
    ],
)
def test_what_needs_no_broker_loads_nothing_of_kafka(arguments: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], input=b"", capture_output=True, check=True
    )
    assert not HEAVY & set(run.stderr.decode().split())


def test_the_command_tells_its_version() -> None:
    assert ipg12("--version").stdout.decode() == f"ipg12 {version('ipg12')}\n"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_the_command_alone_shows_its_help(arguments: tuple[str, ...]) -> None:
    run = ipg12(*arguments)
    assert b"Usage: ipg12 [OPTIONS] COMMAND" in run.stdout
    assert run.returncode == 0
