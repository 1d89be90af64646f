"""One attempt to deliver an alert event over HTTP."""

import ssl
from datetime import UTC, datetime
from typing import Final, NamedTuple

import httpx2

from schemas.alert import AlertEvent
from streams.alerts.alertmanager import AlertmanagerMessage, for_alertmanager
from streams.alerts.notification import notification
from streams.alerts.pagerduty import PagerDutyEvent, for_pagerduty
from streams.errors import OperatorError, causes
from streams.notifier.response import DeliveryOutcome, outcome_of, retry_after_seconds
from streams.setting_types import WebhookShape
from streams.settings import Settings

ATTEMPT_SECONDS: Final = 10.0
"""Timeout of each part of an attempt: to connect, to send, to get the response."""

NO_URL: Final = "IPG12_WEBHOOK_URL should be an http or https URL"

Message = AlertmanagerMessage | PagerDutyEvent


class DeliveryResult(NamedTuple):
    """The outcome of an attempt."""

    outcome: DeliveryOutcome
    reason: str
    """Status of the response, or name of the error; never text of the receiver."""
    retry_after: float = 0.0
    """Seconds that the receiver asks to wait."""


class Delivery:
    """Posts messages to `IPG12_WEBHOOK_URL`."""

    def __init__(self, settings: Settings) -> None:
        if settings.webhook_url is None:
            message = "there is no webhook to notify; set IPG12_WEBHOOK_URL"
            raise OperatorError(message)
        if settings.webhook_shape is WebhookShape.PAGERDUTY and settings.webhook_token is None:
            message = "IPG12_WEBHOOK_SHAPE=pagerduty needs IPG12_WEBHOOK_TOKEN, the routing key"
            raise OperatorError(message)
        self.in_progress = False
        """Whether a response is awaited."""
        self._settings = settings
        self._token = settings.webhook_token.get_secret_value() if settings.webhook_token else ""
        try:
            self._url = httpx2.URL(settings.webhook_url.get_secret_value())
        except httpx2.InvalidURL:
            raise OperatorError(NO_URL) from None
        if self._url.userinfo and settings.webhook_token:
            message = (
                "IPG12_WEBHOOK_URL holds a user name, so IPG12_WEBHOOK_TOKEN would not be sent; "
                "remove one of the two"
            )
            raise OperatorError(message)
        # Each event has a connection of its own: the receiver may have closed one that was kept,
        # and nobody could say whether the event had arrived.
        try:
            self._client = httpx2.Client(
                verify=ssl.create_default_context(),
                timeout=ATTEMPT_SECONDS,
                limits=httpx2.Limits(max_keepalive_connections=0),
                headers={"User-Agent": "ipg12", "Connection": "close"},
            )
        except (ImportError, ValueError):
            message = "the proxy in ALL_PROXY, HTTPS_PROXY or HTTP_PROXY is not supported; unset it"
            raise OperatorError(message) from None

    def message(self, event: AlertEvent) -> Message | None:
        """Return the message for an event; None if nobody is notified of it."""
        notified = notification(event)
        if notified is None:
            return None
        settings = self._settings
        url = f"{str(settings.dashboard_url).rstrip('/')}/" if settings.dashboard_url else ""
        if settings.webhook_shape is WebhookShape.PAGERDUTY:
            return for_pagerduty(notified, settings.group, self._token, url)
        return for_alertmanager(notified, settings.group, url)

    def post(self, message: Message, key: str) -> DeliveryResult:
        """Make one attempt. Raises OperatorError.

        `key` is the idempotency key, by which the receiver recognises a repetition.
        """
        headers = {"Idempotency-Key": key}
        if self._token and self._settings.webhook_shape is WebhookShape.ALERTMANAGER:
            headers["Authorization"] = f"Bearer {self._token}"
        self.in_progress = True
        try:
            # The body of the response is not even read.
            with self._client.stream("POST", self._url, json=message, headers=headers) as response:
                status, retry_after = response.status_code, response.headers.get("Retry-After")
        except UnicodeError:
            raise OperatorError(NO_URL) from None
        except httpx2.TransportError as error:
            return DeliveryResult(DeliveryOutcome.RETRY, _name(error))
        finally:
            self.in_progress = False
        seconds = retry_after_seconds(retry_after, datetime.now(UTC))
        return DeliveryResult(outcome_of(status), str(status), seconds)


def _name(error: BaseException) -> str:
    """Return the name of an error and of its first cause; their texts may quote the URL."""
    *_, cause = causes(error, context=True)
    name = type(error).__name__
    return name if cause is error else f"{name} from {type(cause).__name__}"
