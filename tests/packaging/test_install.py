"""Locks are installed as they stand, whatever registries hold by then."""

import ensurepip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "requirements" / "install"
PLACES = [
    *(ROOT / name for name in ("Makefile", "Dockerfile", "docker-compose.yml", ".ci/run")),
    *(
        path
        for room in ("requirements", "benchmarks", "tests")
        for path in (ROOT / room).rglob("*")
    ),
]
POMS = [path for path in PLACES if path.name == "pom.xml"]


def installs(text: str) -> list[str]:
    """Return the commands of a script that install by pip."""
    commands = re.split(r"\n|&&", text.replace("\\\n", " "))
    return [each for each in commands if re.search(r"\bpip\b.*[\s\"']install\b", each)]


def test_nothing_is_installed_by_a_command_that_resolves() -> None:
    sources = [path for path in PLACES if path.is_file() and path != Path(__file__)]
    found = [
        command
        for path in sources
        if path.suffix in {"", ".py", ".yml", ".toml"}
        for command in installs(path.read_text(errors="replace"))
    ]

    assert len(found) == 3  # the script's own, and the project itself in checkout and image
    assert all("--no-deps" in command for command in found)


@pytest.mark.parametrize("pom", POMS, ids=lambda pom: pom.parent.name)
def test_maven_is_told_the_version_of_everything_it_fetches(pom: Path) -> None:
    space = {"": "http://maven.apache.org/POM/4.0.0"}
    tree = ET.parse(pom)  # noqa: S314  # our own file
    named = [*tree.iterfind(".//dependency", space), *tree.iterfind(".//plugin", space)]

    assert len(named) > 1
    for each in named:
        assert re.fullmatch(r"\d[\w.-]*", each.findtext("version", "", space))


def put_wheel(index: Path, name: str, version: str, requires: str = "", extra: str = "") -> str:
    """Put an empty package into an index; return its line in a lock."""
    path = index / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    metadata += f"Provides-Extra: {extra}\n" if extra else ""
    with ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} --hash=sha256:{digest}\n"


class Checkout:
    """The script with locks of its own, an empty environment, and an index that is a folder."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        self.index.mkdir()
        self._locks = folder / "requirements"
        self._locks.mkdir()
        shutil.copy(INSTALL, self._locks)
        # The version that an empty environment already has: nothing is fetched for it.
        pip = f"pip=={ensurepip.version()} --hash=sha256:{'0' * 64}\n"
        (self._locks / "pip.txt").write_text(pip)
        self.python = folder / "environment" / "bin" / "python"
        self.run(sys.executable, "-m", "venv", self.python.parents[1])

    def lock(self, *lines: str) -> Path:
        path = self._locks / "lock.txt"
        path.write_text("".join(lines))
        return path

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        inherited = {name: text for name, text in os.environ.items() if "PIP_" not in name}
        only_ours = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index)}
        return subprocess.run(
            command, env={**inherited, **only_ours}, capture_output=True, text=True, check=False
        )

    def install(self, lock: Path) -> subprocess.CompletedProcess[str]:
        return self.run(self._locks / "install", self.python, lock)


def test_a_lock_is_refused_where_it_is_not_complete_and_installed_whatever_newer_release_is_out(
    tmp_path: Path,
) -> None:
    checkout = Checkout(tmp_path)
    plugin = put_wheel(checkout.index, "plugin", "1.0", requires="coverer[toml]>=1.0")
    coverer = put_wheel(checkout.index, "coverer", "1.0", extra="toml")
    put_wheel(checkout.index, "coverer", "2.0", extra="toml")

    refused = checkout.install(checkout.lock(plugin))
    assert refused.returncode == 1
    assert "plugin 1.0 requires coverer, which is not installed." in refused.stderr

    lock = checkout.lock(coverer, plugin)
    resolving = ["-m", "pip", "install", "--dry-run", "--require-hashes", "--requirement"]
    resolved = checkout.run(checkout.python, *resolving, lock)
    done = checkout.install(lock)

    assert "coverer[toml]>=1.0" in resolved.stderr, "the index is none that misleads a resolver"
    assert (done.returncode, done.stderr) == (0, "")
    installed = checkout.run(checkout.python, "-m", "pip", "freeze").stdout
    assert "coverer==1.0\nplugin==1.0\n" in installed
