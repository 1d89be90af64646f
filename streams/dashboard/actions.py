"""Where alerts are asked to be changed, and the answer is waited for."""

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
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from schemas.alert import Alert, AlertAction, AlertCommand, AlertEvent, AlertEventType, Who, Why
from streams.alerting.client import AlertClient
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.params import AlertKey
from streams.dashboard.read_model import ReadModel

SEEN_SECONDS: Final = 5.0
"""How long an answer waits until what it says has come to the view as well."""

T = TypeVar("T")


class ActionRequest(BaseModel):
    """What somebody wants done with an alert."""

    model_config = ConfigDict(frozen=True)

    by: Who = Field(description="Who asks.")
    why: Why | None = Field(default=None, description="The reason, or a note.")
    until: AwareDatetime | None = Field(default=None, description="When a silence ends.")


class AlertActions:
    """Takes wishes to where the alerts are kept."""

    def __init__(self, view: ReadModel, notice: Broadcast, desk: AlertClient) -> None:
        """Take what shows the answers, what tells of changes, and the way in for commands."""
        self._view = view
        self._notice = notice
        self._desk = desk

    async def ask(self, action: AlertAction, key: AlertKey, wish: ActionRequest) -> AlertEvent:
        """Have it done; gives what came of it once the view shows it.

        Raises HTTPException where there is no such alert or it is refused,
        RequestValidationError where the wish makes no sense, Trouble where nobody answers.
        """
        self._view.verify_complete()
        before = self._view.alert(str(key))
        if before is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such alert")
        try:
            command = AlertCommand(
                id=str(uuid4()),
                action=action,
                rule=key.rule,
                provider=key.provider,
                at=datetime.now(UTC),
                **dict(wish),
            )
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_url=False)) from None
        event = await in_daemon(lambda: self._desk.ask(command))
        await self._seen(event, before)
        if event.step is AlertEventType.REFUSED:
            raise HTTPException(HTTPStatus.CONFLICT, f"the alert was not changed: {event.why}")
        return event

    async def _seen(self, event: AlertEvent, before: Alert) -> None:
        deadline = monotonic() + SEEN_SECONDS
        while not self._shows(event, before) and (left := deadline - monotonic()) > 0:
            await self._notice.wait(left)

    def _shows(self, event: AlertEvent, before: Alert) -> bool:
        """Tell whether an event has come to the view, and what it did to the alert or more."""
        told = any(step.command == event.command for step in self._view.history(event.key))
        alert = self._view.alert(event.key)
        return told and (alert is not before or alert == event.alert)


async def in_daemon(do: Callable[[], T]) -> T:
    """Do something in a thread of its own, for which the end of the process does not wait."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(do())
        except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
            future.set_exception(error)

    Thread(target=run, name="asking", daemon=True).start()
    return await asyncio.wrap_future(future)
