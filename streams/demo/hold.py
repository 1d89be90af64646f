"""Keeping the demonstration running, with alerts and a dashboard, until it is stopped."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep
from typing import Final

from streams.demo.broker import free_port
from streams.demo.processes import running
from streams.errors import OperatorError

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Held:
    """The dashboard that is running."""

    address: str
    """Of the dashboard."""
    token: str
    wait: Callable[[], None]
    """Waits for SIGINT or SIGTERM; raises OperatorError if a process ends by itself."""


@contextmanager
def held(broker: str) -> Iterator[Held]:
    """Run the alerts process, and a dashboard once it shows alerts. Raises OperatorError."""
    port, token = free_port(), secrets.token_urlsafe(16)
    common = {"IPG12_BROKERS": broker}
    alerts = {"IPG12_ALERTS_WEB_PORT": str(free_port()), "IPG12_CHECK_CRCS": "false"}
    dashboard = {"IPG12_DASHBOARD_PORT": str(port), "IPG12_API_TOKEN": token}
    with (
        running("alerts", "run", **common, **alerts) as check_alerts,
        running("dashboard", **common, **dashboard) as check_dashboard,
    ):

        def check_alive() -> None:
            check_alerts()
            check_dashboard()

        deadline = monotonic() + READY_SECONDS
        while not _alerts_at(port):
            check_alive()
            if monotonic() > deadline:
                fault = f"the dashboard has no alerts after {READY_SECONDS:.0f} s"
                raise OperatorError(fault)
            sleep(LOOK_SECONDS)
        yield Held(f"http://{HOST}:{port}", token, lambda: _wait(check_alive))


def _alerts_at(port: int) -> int:
    """Return how many alerts a dashboard shows; 0 while it does not respond yet."""
    connection = HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/api/alerts")
        return int(json.load(connection.getresponse())["total"])
    except (OSError, HTTPException, ValueError, KeyError):  # it is not ready yet
        return 0
    finally:
        connection.close()


def _wait(check_alive: Callable[[], None]) -> None:
    try:
        while True:
            check_alive()
            sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return
