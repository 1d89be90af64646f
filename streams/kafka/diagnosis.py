"""Diagnosis of brokers that accept connections but do not answer, with a connection of its own."""

import socket
import ssl
import struct
from enum import IntEnum
from typing import Final

from streams.kafka.connection import ssl_context
from streams.settings import Settings

PROBE_SECONDS: Final = 2.0

_SASL_HANDSHAKE: Final = 17
_NO_CLIENT_ID: Final = -1
_HEADER_BYTES: Final = 10
"""Size of correlation id, error code and number of mechanisms in a response."""
_MAX_BYTES: Final = 1_000


class _Answer(IntEnum):
    """Error codes of Kafka's protocol in the response to a SASL handshake."""

    ACCEPTED = 0
    OTHER_MECHANISM = 33
    NO_SASL = 34


class _Verification(IntEnum):
    """OpenSSL's codes for certificates that fail verification."""

    NOT_YET_VALID = 9
    EXPIRED = 10
    SELF_SIGNED = 18
    SELF_SIGNED_IN_CHAIN = 19
    NO_ISSUER = 20
    NO_ISSUER_OF_LEAF = 21
    OTHER_NAME = 62
    OTHER_ADDRESS = 64


def diagnose(settings: Settings) -> str | None:
    """Return why the brokers that can be reached do not answer; None if one of them would."""
    faults = []
    for address in settings.brokers.split(","):
        host, _, port = address.rpartition(":")
        try:
            fault = _probe(settings, host, int(port))
        except OSError:
            continue
        if fault is None:
            return None
        faults.append(f"{address} {fault}")
    return faults[0] if faults else None


def _probe(settings: Settings, host: str, port: int) -> str | None:
    """Connect as configured; return the fault. Raises OSError if nothing listens there."""
    encrypted, mechanism = settings.security_protocol.encrypted, settings.sasl_mechanism.value
    try:
        with _connect(host, port, ssl_context(settings) if encrypted else None) as connection:
            answer, offered = _handshake(connection, mechanism)
    except ssl.SSLCertVerificationError as error:
        return _distrust(settings, error)
    except ssl.SSLError as error:
        if error.reason and ("CERTIFICATE" in error.reason or "UNKNOWN_CA" in error.reason):
            return _refused_certificate(settings)
        return _wrong_protocol(settings, host, port)
    except (EOFError, ConnectionError):
        return _wrong_protocol(settings, host, port)
    return _wrong_login(settings, answer, offered)


def _connect(host: str, port: int, context: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection((host, port), PROBE_SECONDS)
    if context is None:
        return connection
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _handshake(connection: socket.socket, mechanism: str) -> tuple[int, str]:
    """Request a SASL mechanism; return the error code, and the mechanisms offered."""
    name = mechanism.encode()
    request = struct.pack(">hhihh", _SASL_HANDSHAKE, 1, 0, _NO_CLIENT_ID, len(name)) + name
    connection.sendall(struct.pack(">i", len(request)) + request)
    (size,) = struct.unpack(">i", _read(connection, 4))
    if not _HEADER_BYTES <= size <= _MAX_BYTES:
        raise EOFError
    _, code, _ = struct.unpack(">ihi", _read(connection, _HEADER_BYTES))
    rest = _read(connection, size - _HEADER_BYTES)
    names = []
    while rest:
        length = int.from_bytes(rest[:2])
        names.append(rest[2 : 2 + length].decode(errors="replace"))
        rest = rest[2 + length :]
    return code, ", ".join(names)


def _read(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise EOFError
        received += more
    return received


def _distrust(settings: Settings, error: ssl.SSLCertVerificationError) -> str:
    """Return why the broker's certificate fails verification, and what to do."""
    match error.verify_code:
        case _Verification.EXPIRED:
            return "presents a certificate that has expired; have it renewed at the broker"
        case _Verification.NOT_YET_VALID:
            return "presents a certificate that is not valid yet; check this machine's clock"
        case _Verification.OTHER_NAME | _Verification.OTHER_ADDRESS:
            return (
                "presents a certificate for another name; set IPG12_BROKERS to the name in the "
                "certificate, or have it replaced at the broker"
            )
        case (
            _Verification.SELF_SIGNED
            | _Verification.SELF_SIGNED_IN_CHAIN
            | _Verification.NO_ISSUER
            | _Verification.NO_ISSUER_OF_LEAF
        ):
            trusted = "IPG12_SSL_CAFILE" if settings.ssl_cafile else "this machine"
            return (
                f"presents a certificate of an authority that {trusted} does not trust; set "
                f"IPG12_SSL_CAFILE to the certificate of the broker's authority"
            )
    return f"presents a certificate that cannot be verified: {error.verify_message}"


def _refused_certificate(settings: Settings) -> str:
    if settings.ssl_certfile is None:
        return "requires a client certificate; set IPG12_SSL_CERTFILE and IPG12_SSL_KEYFILE"
    return (
        "refuses the certificate of IPG12_SSL_CERTFILE: it has expired, or the broker does "
        "not trust its authority; set it to another"
    )


def _wrong_protocol(settings: Settings, host: str, port: int) -> str | None:
    """Return whether the port expects TLS and the settings do not, or the reverse."""
    if settings.security_protocol.encrypted:
        try:
            with _connect(host, port, None) as connection:
                answer, _ = _handshake(connection, settings.sasl_mechanism.value)
        except (OSError, EOFError):
            return None
        protocol = "PLAINTEXT" if answer == _Answer.NO_SASL else "SASL_PLAINTEXT"
        return f"does not use TLS; set IPG12_SECURITY_PROTOCOL={protocol}"
    # Nothing is sent: this only finds out whether the port uses TLS.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        _connect(host, port, context).close()
    except OSError:
        return None
    protocol = "SASL_SSL" if settings.security_protocol.authenticated else "SSL"
    return f"uses TLS; set IPG12_SECURITY_PROTOCOL={protocol}"


def _wrong_login(settings: Settings, answer: int, offered: str) -> str | None:
    """Return whether credentials are required but not set, or set but not supported."""
    authenticated = settings.security_protocol.authenticated
    transport = "SSL" if settings.security_protocol.encrypted else "PLAINTEXT"
    if not authenticated and answer in {_Answer.ACCEPTED, _Answer.OTHER_MECHANISM}:
        return (
            f"requires a user and a password; set IPG12_SECURITY_PROTOCOL=SASL_{transport}, "
            f"IPG12_SASL_USERNAME and IPG12_SASL_PASSWORD"
        )
    if authenticated and answer == _Answer.NO_SASL:
        return f"does not use a user and a password; set IPG12_SECURITY_PROTOCOL={transport}"
    if authenticated and answer == _Answer.OTHER_MECHANISM:
        return f"does not support {settings.sasl_mechanism}; set IPG12_SASL_MECHANISM to {offered}"
    return None
