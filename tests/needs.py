"""What `make test` needs of the machine, named before any test is run."""

import os
import re
import shutil
import subprocess
import sys

QUICK = ("broker", "cli", "dashboard", "demo", "docs", "fuzz", "packaging", "pure", "stream")
"""The folders whose tests need nothing of the kind: `make check` runs them and no others."""

JAVA_VERSION = 17
NEEDED = {
    "java": "a Java runtime, 17 or later (Debian: apt install default-jre-headless)",
    "mvn": "Maven, which fetches Kafka once (Debian: apt install maven)",
    "apt-get": "Debian, or a system based on it: Prometheus, Alertmanager and Chromium are "
    "unpacked from its packages",
}


def missing() -> list[str]:
    """Return a line for each program that is not on this machine, or is too old."""
    found = {program: shutil.which(program) for program in NEEDED}
    lines = [absent(program) for program, path in found.items() if path is None]
    if (java := found["java"]) and (version := java_version(java)) < JAVA_VERSION:
        what = f"is version {version}" if version else "does not name its version"
        lines.append(f"`java` {what}; the tests need {NEEDED['java']}")
    return lines


class MisplacedError(Exception):
    """A test needs a program, and lies among those that need none."""

    def __init__(self, program: str, folder: str) -> None:
        super().__init__(
            f"tests/{folder} is for tests that need nothing of the machine (tests/needs.py), "
            f"and this one needs `{program}`: move it"
        )


def claim(program: str) -> None:
    """Fail where a test that runs may not need a program, be it there or not."""
    _, _, path = os.environ.get("PYTEST_CURRENT_TEST", "").partition("tests/")
    if (folder := path.partition("/")[0]) in QUICK:
        raise MisplacedError(program, folder)


def absent(program: str) -> str:
    """Return the line for a program that is not on this machine."""
    return f"`{program}` is not on this machine; the tests need {NEEDED[program]}"


def java_version(java: str) -> int:
    """Return the major version of a Java; 0 where it does not say one."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    if lines := missing():
        sys.exit("\n".join(lines))
    print("this machine has the programs that `make test` needs")  # noqa: T201  # its answer
