import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from chaos.cases import CASES
from headings import anchors

from schemas.verdict import Verdict
from streams.settings import Settings
from streams.validation.check import judge

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs/design.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/*/*.md")]
LEAST_CHARACTERS, LEAST_LINES = 20, 25
SESSIONS = re.findall(r"```console\n\$ ipg12 ([^\n]*)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("command,shown", SESSIONS, ids=[command for command, _ in SESSIONS])
def test_the_readme_shows_what_a_command_prints(command: str, shown: str) -> None:
    ipg12 = Path(sys.executable).with_name("ipg12")
    done = subprocess.run(
        [ipg12, *shlex.split(command)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.stdout == shown


def test_the_readme_shows_at_least_a_check_and_the_rules() -> None:
    assert {"rules", "check docs/example.jsonl"} <= {command for command, _ in SESSIONS}


def test_the_answer_in_the_readme_is_the_verdict_on_the_episode_in_the_readme() -> None:
    episode, shown = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    answer = Verdict.model_validate_json(shown)
    assert answer == judge(episode.encode()).model_copy(update={"source": answer.source})


def written(default: object) -> str:
    """Write a default as the environment has it."""
    if default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_operating_page_has_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `(IPG12_\w+)` \| (?:`([^`]*)`)? ?\|", OPERATING, re.MULTILINE)
    defaults = {
        f"IPG12_{name.upper()}": written(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert dict(rows) == defaults


def test_the_operating_page_has_a_line_for_every_case_of_chaos() -> None:
    faults = OPERATING.split("## Faults")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.*?) \|", faults, re.MULTILINE)
    assert rows[1:] == [case.name for case in CASES]


def texts_of_the_product() -> Iterator[str]:
    """Give a regular expression for each text in the sources."""
    for path in (ROOT / "streams").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            words = [each.value if isinstance(each, ast.Constant) else None for each in parts]
            if len("".join(filter(None, map(str, words)))) >= LEAST_CHARACTERS:
                yield ".+?".join(re.escape(str(each)) for each in words if each is not None)


def test_every_line_that_the_operating_page_explains_is_one_that_the_product_says() -> None:
    quote = r"``ipg12: (.+?)``|`ipg12: ([^`]{20,})`|^    ipg12: (.*)$"
    quoted = re.findall(quote, OPERATING, re.MULTILINE)
    texts = [re.compile(each) for each in texts_of_the_product()]
    lines = ["".join(each) for each in quoted]
    assert len(lines) > LEAST_LINES
    assert [line for line in lines if not any(each.search(line) for each in texts)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_in_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    """Return whether there is a file, and in it the heading of an anchor, as GitHub names it."""
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not anchor or not target.is_file():
        return target.exists()
    return anchor in anchors(target)


def test_every_anchor_that_a_message_names_is_there() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "streams").rglob("*.py"))
    named = set(re.findall(r"docs/operating\.md#([\w-]+)", texts))
    assert named
    assert named <= anchors(ROOT / "docs/operating.md")


def test_the_file_map_names_every_module_of_every_room() -> None:
    """A room is a line with its folder; its modules are named in what follows, in their order."""
    file_map = DESIGN.split("## File map")[1].split("\n## ")[0]
    named = set()
    room = Path()
    for line in file_map.splitlines():
        if folder := re.match(r"### `(\S+)/`", line):
            room = Path(folder[1])
        named |= {room / name for name in re.findall(r"^\| `(\w+\.py|rules/)` \|", line)}
    modules = {
        path.relative_to(ROOT)
        for package in ("schemas", "streams")
        for path in (ROOT / package).rglob("*.py")
        if path.name not in {"__init__.py", "__main__.py"} and path.parent.name != "rules"
    }
    assert modules | {Path("streams/validation/rules")} == named


def test_the_table_of_main_types_names_what_is_there() -> None:
    table = DESIGN.split("## Main types")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `(\S+)` \|", table, re.MULTILINE)
    assert rows
    assert [name for name, module in rows if not hasattr(import_module(module), name)] == []
