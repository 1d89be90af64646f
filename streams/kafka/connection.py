"""How each client library is told to reach the brokers."""

import ssl
from typing import Any

import faust
from aiokafka.helpers import create_ssl_context
from faust.types.auth import CredentialsT

from streams.settings import Settings
from streams.trouble import Trouble


def for_aiokafka(settings: Settings) -> dict[str, Any]:
    """Give the arguments that aiokafka's clients share."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers.split(","),
        "security_protocol": settings.security_protocol.value,
    }
    if settings.security_protocol.encrypted:
        options["ssl_context"] = _ssl_context(settings)
    if settings.security_protocol.authenticated and settings.sasl_password:
        options["sasl_mechanism"] = settings.sasl_mechanism.value
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return options


def for_faust(settings: Settings) -> CredentialsT | None:
    """Give Faust's credentials; None where connections are plain."""
    context = _ssl_context(settings) if settings.security_protocol.encrypted else None
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
    """Give librdkafka's configuration."""
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


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=settings.ssl_cafile, certfile=settings.ssl_certfile, keyfile=settings.ssl_keyfile
        )
    except OSError as error:
        fault = error.strerror or type(error).__name__
        message = f"cannot use the IPG12_SSL_… files given: {fault}"
        raise Trouble(message) from None
    return context
