"""Connection settings for each client library."""

import ssl
from typing import Any

import faust
from faust.types.auth import CredentialsT

from streams.errors import OperatorError
from streams.settings import Settings


def for_aiokafka(settings: Settings) -> dict[str, Any]:
    """Return the arguments that aiokafka's clients share."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers.split(","),
        "security_protocol": settings.security_protocol.value,
    }
    if settings.security_protocol.encrypted:
        options["ssl_context"] = ssl_context(settings)
    if settings.security_protocol.authenticated and settings.sasl_password:
        options["sasl_mechanism"] = settings.sasl_mechanism.value
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return options


def for_faust(settings: Settings) -> CredentialsT | None:
    """Return Faust's credentials; None for PLAINTEXT."""
    context = ssl_context(settings) if settings.security_protocol.encrypted else None
    if settings.security_protocol.authenticated and settings.sasl_password:
        credentials = faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password.get_secret_value(),
            mechanism=settings.sasl_mechanism.value,
            ssl_context=context,
        )
        credentials.protocol = faust.types.auth.AuthProtocol(settings.security_protocol.value)
        return credentials
    return faust.SSLCredentials(context) if context else None


def for_librdkafka(settings: Settings) -> dict[str, str]:
    """Return librdkafka's configuration."""
    options = {
        "bootstrap.servers": settings.brokers,
        "security.protocol": settings.security_protocol.value,
    }
    if settings.security_protocol.authenticated and settings.sasl_password:
        options["sasl.mechanism"] = settings.sasl_mechanism.value
        options["sasl.username"] = settings.sasl_username or ""
        options["sasl.password"] = settings.sasl_password.get_secret_value()
    files = {
        "ssl.ca.location": settings.ssl_cafile,
        "ssl.certificate.location": settings.ssl_certfile,
        "ssl.key.location": settings.ssl_keyfile,
    }
    options.update({name: str(path) for name, path in files.items() if path})
    return options


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Return the context for TLS connections. Raises OperatorError."""
    try:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
    except OSError as error:
        message = f"IPG12_SSL_CAFILE contains no PEM certificates: {_fault(error)}"
        raise OperatorError(message) from None
    if settings.ssl_certfile is None:
        return context
    try:
        # Without a password, OpenSSL would prompt for one.
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password="")
    except OSError as error:
        message = (
            f"IPG12_SSL_CERTFILE and IPG12_SSL_KEYFILE must be a PEM certificate and its key, "
            f"not encrypted: {_fault(error)}"
        )
        raise OperatorError(message) from None
    return context


def _fault(error: OSError) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or type(error).__name__
