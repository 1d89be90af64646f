import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from broker.distribution import find_program
from needs import MisplacedError

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
(PHONY,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make apart from the make that may be running the tests."""
    inherited = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")
    environment = {name: text for name, text in os.environ.items() if name not in inherited}
    return subprocess.run(
        ["/usr/bin/env", "make", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_lists_every_target_with_what_it_does() -> None:
    listed = re.findall(r"^make ([a-z-]+) +\S", make().stdout, re.MULTILINE)

    assert listed == PHONY.split()


def test_a_test_that_needs_a_program_fails_among_those_that_need_none() -> None:
    with pytest.raises(MisplacedError, match="tests/packaging is for tests that need nothing"):
        find_program("java")


@pytest.mark.parametrize(
    "version,programs,lines",
    [
        ('openjdk version "17.0.15" 2025-04-15', ["mvn", "apt-get"], []),
        ('openjdk version "21" 2023-09-19', ["mvn"], ["`apt-get` is not"]),
        ('java version "1.8.0_281"', ["apt-get"], ["`mvn` is not", "`java` is version 8;"]),
    ],
)
def test_a_line_names_each_program_that_the_tests_lack(
    tmp_path: Path, version: str, programs: list[str], lines: list[str]
) -> None:
    for program in ("java", *programs):
        (tmp_path / program).write_text(f"#!/bin/sh\necho '{version}' >&2\n")
        (tmp_path / program).chmod(0o755)

    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "needs.py"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == bool(lines)
    for line, said in zip(lines, done.stderr.splitlines(), strict=True):
        assert said.startswith(line)


def test_the_modules_that_must_be_tested_whole_are_those_kept_free_of_clock_and_wire() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    (pure,) = (each for each in tools["importlinter"]["contracts"] if each["id"] == "pure")
    assert tools["coverage"]["run"]["source"] == pure["source_modules"]
    assert tools["coverage"]["report"]["fail_under"] == 100


def test_every_module_that_a_contract_forbids_is_one_that_could_be_imported() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    forbidden = [
        name for each in contracts["contracts"] for name in each.get("forbidden_modules", [])
    ]

    assert "httpx2" in forbidden
    known = {*packages_distributions(), *sys.stdlib_module_names, "schemas", "streams"}
    assert [name for name in forbidden if name.partition(".")[0] not in known] == []


@pytest.mark.parametrize("python", ["/nowhere/python3", "true"])
def test_make_says_in_one_line_that_there_is_no_python_for_it(tmp_path: Path, python: str) -> None:
    (tmp_path / "requirements").mkdir()
    for name in (
        "pyproject.toml",
        "requirements/install",
        "requirements/pip.txt",
        "requirements/build.txt",
        "requirements/runtime.txt",
        "requirements/dev.txt",
    ):
        (tmp_path / name).touch()
    (tmp_path / "Makefile").write_text(MAKEFILE)

    done = make("lint", f"PYTHON={python}", cwd=tmp_path)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"needs Python 3.11 or later, and `{python}` is not" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_continuous_integration_runs_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test 2>&1"]
