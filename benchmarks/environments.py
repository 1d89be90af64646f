"""What a peer runs in: an environment or a program of its own, made once and kept in the cache."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from broker.distribution import CACHE

PEERS: Final = Path(__file__).with_name("peers")
MADE: Final = CACHE / "benchmarks"
INSTALL: Final = PEERS.parents[1] / "requirements" / "install"


class BuildError(Exception):
    """What a peer runs in could not be made."""


def python_of(peer: str) -> str:
    """Give the Python of a peer's own environment: what its requirements.txt says, and no more."""
    requirements = PEERS / peer / "requirements.txt"

    def make(environment: Path) -> None:
        _run([sys.executable, "-m", "venv", str(environment)])
        python = str(environment / "bin" / "python")
        _run([str(INSTALL), python, str(requirements)])

    return str(_made(peer, [requirements], make) / "bin" / "python")


def product_of(peer: str, build: Sequence[str], product: str) -> str:
    """Give what a build makes of a peer's folder, such as a jar: the path of `product`.

    The build runs in a copy of the folder, and again when a file of the folder has changed.
    """
    sources = [each for each in sorted((PEERS / peer).rglob("*")) if each.is_file()]

    def make(copy: Path) -> None:
        shutil.copytree(PEERS / peer, copy)
        _run(build, copy)

    return str(_made(peer, sources, make) / product)


def _made(peer: str, sources: Sequence[Path], make: Callable[[Path], None]) -> Path:
    """Give the folder that is made of sources; made anew unless it was made of the same ones."""
    folder = MADE / peer
    mark = folder / ".made-of"
    digest = _digest(sources)
    if not mark.is_file() or mark.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        MADE.mkdir(parents=True, exist_ok=True)
        make(folder)
        mark.write_text(digest)
    return folder


def _digest(sources: Sequence[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for source in sources:
        digest.update(f"{source.name} {source.stat().st_size} ".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        message = f"`{command[0]}` is not on this machine"
        raise BuildError(message) from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        message = f"{' '.join(command)} failed:\n{said}"
        raise BuildError(message)
