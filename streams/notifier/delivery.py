"""One attempt to tell a step over HTTP."""

import ssl
from datetime import UTC, datetime
from typing import Final, NamedTuple

import httpx2

from schemas.alert import AlertEvent
from streams.alerts.alertmanager import AlertmanagerMessage, for_alertmanager
from streams.alerts.notification import notification
from streams.alerts.pagerduty import PagerDutyEvent, for_pagerduty
from streams.errors import OperatorError
from streams.notifier.response import DeliveryOutcome, outcome_of, retry_after_seconds
from streams.setting_types import WebhookShape
from streams.settings import Settings

ATTEMPT_SECONDS: Final = 10.0
"""How long a receiver may take to be reached, to take the step, and to answer: each so long."""

NO_URL: Final = "IPG12_WEBHOOK_URL: should be an http or https URL"

Message = AlertmanagerMessage | PagerDutyEvent


class DeliveryResult(NamedTuple):
    """What came of an attempt."""

    answer: DeliveryOutcome
    said: str
    """Status of the answer, or name of the fault; never what the receiver said in words."""
    asked: float = 0.0
    """How many seconds the receiver asks to be left alone."""


class Delivery:
    """Posts messages to `IPG12_WEBHOOK_URL`."""

    def __init__(self, settings: Settings) -> None:
        """See that all that is needed is set. Raises OperatorError."""
        if settings.webhook_url is None:
            message = "nobody to tell: set IPG12_WEBHOOK_URL"
            raise OperatorError(message)
        if settings.webhook_shape is WebhookShape.PAGERDUTY and settings.webhook_token is None:
            message = "IPG12_WEBHOOK_SHAPE=pagerduty needs IPG12_WEBHOOK_TOKEN, the routing key"
            raise OperatorError(message)
        self.waiting = False
        """Whether a receiver is being waited for."""
        self._settings = settings
        self._token = settings.webhook_token.get_secret_value() if settings.webhook_token else ""
        try:
            self._url = httpx2.URL(settings.webhook_url.get_secret_value())
        except httpx2.InvalidURL:
            raise OperatorError(NO_URL) from None
        if self._url.userinfo and settings.webhook_token:
            message = "IPG12_WEBHOOK_URL names a user, so IPG12_WEBHOOK_TOKEN would not be sent"
            raise OperatorError(message)
        # A connection of its own for each step: one that was kept may be closed at the other end,
        # and nobody could say whether the step had arrived.
        try:
            self._client = httpx2.Client(
                verify=ssl.create_default_context(),
                timeout=ATTEMPT_SECONDS,
                limits=httpx2.Limits(max_keepalive_connections=0),
                headers={"User-Agent": "ipg12", "Connection": "close"},
            )
        except (ImportError, ValueError):
            message = "ALL_PROXY, HTTPS_PROXY or HTTP_PROXY names a proxy that is not spoken to"
            raise OperatorError(message) from None

    def message(self, event: AlertEvent) -> Message | None:
        """Write what is told of a step; None where nothing is."""
        told = notification(event)
        if told is None:
            return None
        if self._settings.webhook_shape is WebhookShape.PAGERDUTY:
            return for_pagerduty(told, self._settings.group, self._token)
        return for_alertmanager(told, self._settings.group)

    def post(self, message: Message, key: str) -> DeliveryResult:
        """Try once; `key` tells the receiver that a repetition is one. Raises OperatorError."""
        headers = {"Idempotency-Key": key}
        if self._token and self._settings.webhook_shape is WebhookShape.ALERTMANAGER:
            headers["Authorization"] = f"Bearer {self._token}"
        self.waiting = True
        try:
            # What the receiver says in words is not even read.
            with self._client.stream("POST", self._url, json=message, headers=headers) as response:
                status, retry_after = response.status_code, response.headers.get("Retry-After")
        except UnicodeError:
            raise OperatorError(NO_URL) from None
        except httpx2.TransportError as error:
            return DeliveryResult(DeliveryOutcome.LATER, _fault(error))
        finally:
            self.waiting = False
        return DeliveryResult(
            outcome_of(status), str(status), retry_after_seconds(retry_after, datetime.now(UTC))
        )


def _fault(error: BaseException) -> str:
    """Name a fault and what was at the bottom of it; what they say may quote the URL."""
    cause, seen = error, {id(error)}
    while (next_one := cause.__cause__ or cause.__context__) and id(next_one) not in seen:
        cause = next_one
        seen.add(id(cause))
    name = type(error).__name__
    return name if cause is error else f"{name} from {type(cause).__name__}"
