"""Requests changes to alerts, and waits for their outcome."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Thread
from time import monotonic
from typing import Final, TypeVar
from uuid import uuid4

from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, Field, ValidationError
from starlette.exceptions import HTTPException

from schemas.alert import Alert, AlertAction, AlertCommand, AlertEvent, AlertEventType, Who, Why
from schemas.frozen import Frozen
from streams.alerting.client import AlertClient
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.params import AlertKey
from streams.dashboard.read_model import ReadModel

APPLIED_SECONDS: Final = 5.0
"""How long a response waits for the read model to apply the outcome of its command."""

T = TypeVar("T")


class ActionRequest(Frozen):
    """A request to change an alert."""

    by: Who = Field(description="Name of the person who requests the change.")
    why: Why | None = Field(default=None, description="Reason or note; no patient data.")
    until: AwareDatetime | None = Field(default=None, description="When the silence ends.")


class AlertActions:
    """Sends commands on alerts, and waits until the read model shows their outcome."""

    def __init__(self, read_model: ReadModel, broadcast: Broadcast, client: AlertClient) -> None:
        """Store what the outcome is read from, its change signal, and the commands' client."""
        self._read_model = read_model
        self._broadcast = broadcast
        self._client = client

    async def send(self, action: AlertAction, key: AlertKey, request: ActionRequest) -> AlertEvent:
        """Send a command; return its event once the read model has applied it.

        Raises HTTPException if there is no such alert or the command is refused,
        RequestValidationError if the request is invalid, OperatorError if there is no answer.
        """
        self._read_model.verify_complete()
        before = self._read_model.alert(str(key))
        if before is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such alert")
        try:
            command = AlertCommand(
                id=str(uuid4()),
                action=action,
                rule=key.rule,
                provider=key.provider,
                at=datetime.now(UTC),
                **dict(request),
            )
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_url=False)) from None
        event = await run_in_daemon_thread(lambda: self._client.ask(command))
        await self._wait_applied(event, before)
        if event.step is AlertEventType.REFUSED:
            raise HTTPException(HTTPStatus.CONFLICT, f"the alert was not changed: {event.why}")
        return event

    async def _wait_applied(self, event: AlertEvent, before: Alert) -> None:
        deadline = monotonic() + APPLIED_SECONDS
        while not self._is_applied(event, before) and (left := deadline - monotonic()) > 0:
            await self._broadcast.wait(left)

    def _is_applied(self, event: AlertEvent, before: Alert) -> bool:
        """Return whether the read model has the event, and the alert's state after it or later."""
        known = any(past.command == event.command for past in self._read_model.history(event.key))
        alert = self._read_model.alert(event.key)
        return known and (alert is not before or alert == event.alert)


async def run_in_daemon_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread of its own, which does not delay the end of the process."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(function())
        except Exception as error:  # noqa: BLE001  # it is raised where it is awaited
            future.set_exception(error)

    Thread(target=run, name="alert-command", daemon=True).start()
    return await asyncio.wrap_future(future)
