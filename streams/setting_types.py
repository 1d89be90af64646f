"""The types of settings, validated when they are read."""

import re
from enum import StrEnum
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    HttpUrl,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from streams.alerts.threshold import read_threshold
from streams.validation.reading.hl7_message import FIELD_PATH
from streams.validation.routing import HEADER_NAMES

KafkaName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=200)]


def _readable(threshold: str) -> str:
    read_threshold(threshold)
    return threshold


AlertFrom = Annotated[str, AfterValidator(_readable)]


def _not_reserved(names: str) -> str:
    """Raise ValueError if a name is that of a header of ours."""
    if reserved := sorted(HEADER_NAMES.intersection(names.split(","))):
        message = f"{', '.join(reserved)} is set by ipg12 itself; leave it out"
        raise ValueError(message)
    return names


HeaderNames = Annotated[
    str, StringConstraints(pattern=r"^([^\s,]+(,[^\s,]+)*)?$"), AfterValidator(_not_reserved)
]


Hl7Field = Annotated[str, StringConstraints(pattern=FIELD_PATH)]


def _web_address(url: SecretStr) -> SecretStr:
    """Raise ValueError if it is no URL. Keeps no copy that could be shown: it may be a secret."""
    try:
        _HTTP_URL.validate_python(url.get_secret_value())
    except ValidationError:
        message = "should be an http or https URL"
        raise ValueError(message) from None
    return url


def _sendable(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()):
        message = "should be printable ASCII characters without spaces"
        raise ValueError(message)
    return token


def _public_url(url: HttpUrl) -> HttpUrl:
    """Raise ValueError if it holds more than a place: it is sent to others, with a path behind."""
    if url.username or url.password or url.query or url.fragment:
        message = "should have no user name, query or fragment"
        raise ValueError(message)
    return url


PublicUrl = Annotated[HttpUrl, AfterValidator(_public_url)]
WebAddress = Annotated[SecretStr, AfterValidator(_web_address)]
Token = Annotated[SecretStr, AfterValidator(_sendable)]
_HTTP_URL: Final = TypeAdapter(HttpUrl)


class OutOfScope(StrEnum):
    """What happens to records that are out of scope."""

    ROUTE = "route"
    COUNT = "count"


class WebhookShape(StrEnum):
    """The format of the webhook's messages."""

    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"


class SecurityProtocol(StrEnum):
    """How a connection to a broker is secured."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypted(self) -> bool:
        """Whether TLS is used."""
        return self in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}

    @property
    def authenticated(self) -> bool:
        """Whether a user name and a password are sent."""
        return self in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}


class SaslMechanism(StrEnum):
    """How a user name and a password are sent."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"
