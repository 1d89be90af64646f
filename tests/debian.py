"""Programs as Debian packages them, unpacked beside the project: nothing is installed.

No version is named: Debian's archive holds one version of a package, and replaces it at the next
security fix. What the tests ask of these programs has been the same for years.
"""

import fcntl
import shutil
import subprocess
import tempfile
from pathlib import Path

from needs import absent, claim

CACHE = Path(__file__).parents[1] / ".cache" / "debian"
APT = "apt-get"


class UnpackError(Exception):
    """A package could not be had."""


def unpacked(package: str, *more: str, dependencies: bool = False) -> Path:
    """Give the folder that packages are unpacked into; it looks like the root of a machine.

    `more` go into the same folder. With `dependencies` so does what any of them needs and this
    machine lacks, recommendations aside. The first call decides what is in it; later ones, and
    those of other processes, find it there.
    """
    claim(APT)
    folder = CACHE / package
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix=f".{package}-", dir=CACHE) as scratch:
                _unpack((package, *more), Path(scratch), dependencies=dependencies)
                (Path(scratch) / "root").rename(folder)
    return folder


def library_path(folder: Path) -> str:
    """Give the LD_LIBRARY_PATH of what was unpacked with its dependencies."""
    return ":".join(sorted({str(library.parent) for library in folder.rglob("lib*.so*")}))


def _unpack(packages: tuple[str, ...], scratch: Path, *, dependencies: bool) -> None:
    """Fetch packages into a folder, and unpack them into `root` below it."""
    if shutil.which(APT) is None:
        raise UnpackError(absent(APT))
    lists = CACHE / "lists"
    for made in (lists / "partial", scratch / "archives" / "partial", scratch / "root"):
        made.mkdir(parents=True, exist_ok=True)
    apt = [
        *(APT, "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={scratch}"),
        *("-o", "APT::Sandbox::User=root"),
        *("-o", "Debug::NoLocking=true"),  # nothing of the machine's own is written
    ]
    archives = scratch / "archives"
    _run(*apt, "update", cwd=archives)
    if dependencies:
        only = ("--download-only", "--reinstall", "--no-install-recommends", "--yes")
        _run(*apt, "install", *only, *packages, cwd=archives)
    else:
        _run(*apt, "download", *packages, cwd=archives)
    for archive in sorted(archives.glob("*.deb")):
        _run("dpkg", "-x", str(archive), str(scratch / "root"), cwd=archives)


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{' '.join(command)}: {done.stderr or done.stdout}"
        raise UnpackError(message)
