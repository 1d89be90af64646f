"""Prometheus as Debian packages it, unpacked beside the project: nothing is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "prometheus"
APT = "apt-get"


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """Give the folder of `prometheus` and `promtool`."""
    programs = FOLDER / "usr" / "bin"
    if not programs.is_dir():
        if shutil.which(APT) is None:
            pytest.fail(
                "Prometheus comes from Debian's packages here: apt-get is not on this machine"
            )
        _unpack()
    return programs


def _unpack() -> None:
    lists = FOLDER / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User=root"]
    _run(APT, *options, "-o", f"Dir::Cache={FOLDER}", "update")
    _run(APT, *options, "-o", f"Dir::Cache={FOLDER}", "download", "prometheus")
    (package,) = FOLDER.glob("prometheus_*.deb")
    _run("dpkg", "-x", str(package), str(FOLDER))


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: {done.stderr or done.stdout}")
