import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    name: ROOT / "requirements" / f"{name}.txt"
    for name in ("pip", "build", "runtime", "dev", "fuzz")
}
WANTED = {
    "pip": ["pip"],
    "build": PROJECT["build-system"]["requires"],
    "runtime": PROJECT["project"]["dependencies"],
    "dev": PROJECT["project"]["optional-dependencies"]["dev"],
    "fuzz": PROJECT["project"]["optional-dependencies"]["fuzz"],
}


def pinned(name: str) -> dict[str, str]:
    """Give the version of every package in a lock."""
    lock = LOCKS[name].read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)(?: ; .+)? \\$", lock, re.MULTILINE))


def packages(wanted: Requirement) -> Iterator[str]:
    """Give the package that is wanted, and those that its extras bring."""
    yield canonicalize_name(wanted.name)
    for extra in wanted.extras:
        for brought in map(Requirement, requires(wanted.name) or ()):
            if brought.marker and brought.marker.evaluate({"extra": extra}):
                yield canonicalize_name(brought.name)


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_of_the_project_is_locked(name: str) -> None:
    wanted = {package for each in WANTED[name] for package in packages(Requirement(each))}

    assert wanted <= set(pinned(name))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address_and_no_place_on_a_machine(name: str) -> None:
    text = LOCKS[name].read_text()

    assert "://" not in text
    assert not re.search(r"--(extra-)?index|--find-links|--trusted-host|(^|\s)[/~]", text)


def test_no_package_has_another_version_in_another_lock() -> None:
    for name in ("pip", "build", "runtime", "fuzz"):
        other = pinned("dev")
        for each, version in pinned(name).items():
            assert other.get(each, version) == version, each
