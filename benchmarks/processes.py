"""Processes that are measured: started, watched, timed, ended by their ids."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, Final, NoReturn, Self

ROOT: Final = Path(__file__).parents[1]
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
STOP_SECONDS: Final = 15.0


class ProcessError(Exception):
    """A process did not do what it should."""


def module(name: str, *arguments: str) -> Sequence[str]:
    """Give the command that runs a module of this checkout."""
    return [sys.executable, "-m", name, *arguments]


class Running:
    """A process in an empty folder and a session of its own; ended with all its children."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = None,
    ) -> None:
        """Start it. What it says is kept, unless `stdout` names another place."""
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed at the end
        self.began = monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=self._folder.name,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=stdin,
            stdout=self._log if stdout is None else stdout,
            stderr=self._log,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        """Watch it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, unless it has ended."""
        self.stop()
        self._log.close()
        self._folder.cleanup()

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def expect_running(self) -> None:
        """Fail where it has ended."""
        if self.process.poll() is not None:
            self.fail("ended by itself")

    def fail(self, what: str) -> NoReturn:
        """Raise ProcessError that says what went wrong, and the last line that the process said."""
        raise ProcessError(": ".join([what, *self.said().splitlines()[-1:]]))

    def said(self) -> str:
        """Give all that it said."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace").strip()

    def cpu_seconds(self) -> float:
        """Add up processor time: of all threads, of children, and of children that have ended."""
        ticks = 0
        for folder in self._family():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
        return ticks / TICKS_PER_SECOND

    def peak_bytes(self) -> dict[int, int]:
        """Read the peak of resident memory of it and of each of its children, by process id."""
        peaks = {}
        for folder in self._family():
            with suppress(FileNotFoundError, ProcessLookupError):
                for line in (folder / "status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        peaks[int(folder.name)] = int(line.split()[1]) * 1024
        return peaks

    def _family(self) -> Iterator[Path]:
        """Find it and all children, in /proc."""
        pids = [self.process.pid]
        while pids:
            folder = Path("/proc", str(pids.pop()))
            with suppress(FileNotFoundError, ProcessLookupError):
                for task in (folder / "task").iterdir():
                    pids += map(int, (task / "children").read_text().split())
            yield folder
