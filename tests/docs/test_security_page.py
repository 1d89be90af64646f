import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from streams.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```console\n\$ ipg12 ([^\n]*)\n(.*?)```", PAGE, re.DOTALL)
LINES = re.findall(r"^\| `([^`]+)` \|", PAGE.split("## What a command says")[1], re.MULTILINE)
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "streams/kafka").glob("*.py")
)


@pytest.mark.parametrize("command,shown", SESSIONS, ids=[command for command, _ in SESSIONS])
def test_the_security_page_shows_what_a_command_prints(command: str, shown: str) -> None:
    ipg12 = Path(sys.executable).with_name("ipg12")
    done = subprocess.run(
        [ipg12, *shlex.split(command)], env={}, capture_output=True, check=False, text=True
    )
    assert done.stdout == shown


def test_the_security_page_shows_the_rights_of_worker_and_publisher() -> None:
    assert len(SESSIONS) == 2


@pytest.mark.parametrize("line", LINES)
def test_the_program_says_every_line_that_the_security_page_explains(line: str) -> None:
    written = re.sub(r'"\n\s+f?"', "", SOURCE)
    for part in filter(None, (part.strip() for part in line.split("…"))):
        assert part in written


def test_the_security_page_names_no_variable_that_there_is_not() -> None:
    variables = {f"IPG12_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"IPG12_\w+", PAGE))
    assert named - variables == {"IPG12_SASL_PASSWORD_FILE", "IPG12_WEBHOOK_TOKEN_FILE"}
