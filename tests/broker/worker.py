"""The long-running commands as their users run them, each a process of its own."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, TypeVar

from broker.kafka import HOST, free_port
from broker.waiting import tail, wait_until

T = TypeVar("T")

COMMAND = Path(sys.executable).with_name("ipg12")
READY_SECONDS = 180
STOP_SECONDS = 10


def run(
    *arguments: str, environment: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class EndedError(Exception):
    """The worker ended while it was needed."""


class Worker:
    """One process of `ipg12 worker`; killed at the end unless it ended before."""

    command: tuple[str, ...] = ("worker",)
    port_variable = "IPG12_WEB_PORT"

    def __init__(
        self, log: Path, environment: dict[str, str], program: Sequence[str | Path] = (COMMAND,)
    ) -> None:
        self.log = log
        self._program = program
        self.port = free_port()
        self._environment = {**environment, self.port_variable: str(self.port)}

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self._program, *self.command],
                env=_environment(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def wait_ready(self) -> Self:
        """Wait until the worker says that it is ready."""
        self.wait_until(self._ready, "the worker was ready", READY_SECONDS)
        return self

    def wait_until(self, condition: Callable[[], T], what: str, seconds: float) -> T:
        """Wait until a condition gives something true, as long as the worker runs."""

        def met() -> T:
            if self.process.poll() is not None:
                raise EndedError(self.evidence())
            return condition()

        return wait_until(met, what, seconds, self.evidence)

    def get(self, path: str) -> tuple[int, str]:
        """Ask the worker's web server; gives status and body."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def partitions(self) -> set[int]:
        """Give the source partitions that it has opened."""
        try:
            _, metrics = self.get("/metrics")
        except OSError:
            return set()
        return set(
            map(int, re.findall(r'^ipg12_lag_records{partition="(\d+)"}', metrics, re.MULTILINE))
        )

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the process to stop; gives its exit status."""
        self.process.send_signal(number)
        return self.wait(STOP_SECONDS)

    def wait(self, seconds: float) -> int:
        """Wait until the process has ended; gives its exit status."""
        wait_until(
            lambda: self.process.poll() is not None, "the worker ended", seconds, self.evidence
        )
        return self.process.returncode

    def evidence(self) -> str:
        """Give the state of the process and the end of its log."""
        state = self.process.poll()
        return f"worker {'runs' if state is None else f'exited {state}'}\n{tail(self.log)}"

    def _ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == http.HTTPStatus.OK
        except OSError:
            return False


class Alerts(Worker):
    """One process of `ipg12 alerts run`."""

    command = ("alerts", "run")
    port_variable = "IPG12_ALERTS_WEB_PORT"


class Notifier(Worker):
    """One process of `ipg12 alerts notify`."""

    command = ("alerts", "notify")
    port_variable = "IPG12_WEBHOOK_WEB_PORT"

    def partitions(self) -> set[int]:
        """Give the partitions of which it tells the steps."""
        try:
            _, metrics = self.get("/metrics")
        except OSError:
            return set()
        lags = r'^ipg12_webhook_lag_steps{partition="(\d+)"}'
        return set(map(int, re.findall(lags, metrics, re.MULTILINE)))


def _environment(ours: dict[str, str]) -> dict[str, str]:
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("IPG12_")}
    return {**theirs, **ours}


class Dashboard(Worker):
    """One process of `ipg12 dashboard`."""

    command = ("dashboard",)
    port_variable = "IPG12_DASHBOARD_PORT"

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"http://{HOST}:{self.port}"
