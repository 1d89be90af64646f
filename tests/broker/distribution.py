"""Where Kafka comes from: its jars, fetched by Maven once and kept in the project's cache."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from needs import absent, claim

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / ".cache"


class NotInstalledError(Exception):
    """A program that has to be on this machine is not."""

    def __init__(self, program: str) -> None:
        super().__init__(absent(program))


class FetchError(Exception):
    """Maven could not give the jars."""

    def __init__(self, said: str) -> None:
        super().__init__(f"Maven could not fetch Kafka:\n{said}")


def kafka_jars() -> Path:
    """Give the folder of Kafka's jars; Maven is asked only where it is not there yet."""
    jars = CACHE / f"kafka-{kafka_version()}"
    if jars.is_dir():
        return jars
    maven = find_program("mvn")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kafka-", dir=CACHE) as fetching:
        fetched = Path(fetching, "jars")
        command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        done = subprocess.run(
            [*command, f"-DoutputDirectory={fetched}", "-DincludeScope=runtime"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise FetchError(done.stdout[-2000:])
        _publish(fetched, jars)
    return jars


def find_program(name: str) -> str:
    """Find a program that is needed on the path."""
    claim(name)
    found = shutil.which(name)
    if found is None:
        raise NotInstalledError(name)
    return found


def what_is_missing() -> str:
    """Say what has to be installed first; empty where nothing has to be."""
    try:
        find_program("java")
        kafka_jars()
    except (NotInstalledError, FetchError) as error:
        return str(error)
    return ""


def _publish(fetched: Path, jars: Path) -> None:
    """Put complete jars in place in one step; another run may have been quicker."""
    try:
        fetched.rename(jars)
    except OSError:
        if not jars.is_dir():
            raise


def kafka_version() -> str:
    """Give the version that is fetched."""
    return str(re.findall(r"<version>([\d.]+)</version>\s*</dependency>", POM.read_text())[0])
