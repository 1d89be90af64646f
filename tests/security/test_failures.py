"""What a command says when it cannot connect."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from subprocess import CompletedProcess

import pytest
from broker.kafka import free_port
from broker.worker import run
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from security.secured import ADMIN, PASSWORD, USER, Secured

from streams.kafka.cluster import Cluster
from streams.kafka.diagnosis import diagnose
from streams.settings import Settings

SECONDS = 60
AT_ONCE = 4
WRONG = "invented-password-of-nobody"
COMMANDS = (("topics", "create"), ("publish", "-"), ("topics", "create"), ("worker",))

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Failure:
    """A way to connect that fails, and words of the line that says so."""

    name: str
    settings: Callable[[Secured], Mapping[str, str]]
    said: tuple[str, ...]


def shown(broker: Secured, *, stranger: bool = False, expired: bool = False) -> dict[str, str]:
    """Give the settings of a client with a certificate."""
    authority = broker.stranger if stranger else broker.trusted
    certificate = authority.issue("worker.invalid", "refused", expired=expired)
    files = {"ssl_certfile": certificate.certfile, "ssl_keyfile": certificate.keyfile}
    return broker.settings("MTLS", **files)


def mismatched(broker: Secured) -> dict[str, str]:
    other = broker.trusted.issue("worker.invalid", "other")
    return {**shown(broker), "ssl_keyfile": str(other.keyfile)}


def encrypted(broker: Secured) -> dict[str, str]:
    certificate = broker.trusted.issue("worker.invalid", "encrypted")
    certificate.keyfile.write_bytes(certificate.key(BestAvailableEncryption(b"invented")))
    files = {"ssl_certfile": certificate.certfile, "ssl_keyfile": certificate.keyfile}
    return broker.settings("MTLS", **files)


def plaintext(broker: Secured, listener: str) -> dict[str, str]:
    return {"brokers": broker.addresses[listener]}


LOGIN = ("IPG12_SASL_USERNAME", "IPG12_SASL_PASSWORD", "refuse user")
FAILURES = [
    Failure(
        "a wrong password with PLAIN",
        lambda broker: broker.settings("SASLTLS", sasl_password=WRONG),
        (*LOGIN, USER),
    ),
    Failure(
        "a wrong password with SCRAM",
        lambda broker: broker.settings(
            "SASLTLS", sasl_mechanism="SCRAM-SHA-512", sasl_password=WRONG
        ),
        (*LOGIN, USER),
    ),
    Failure(
        "an unknown user",
        lambda broker: broker.settings(
            "SASL", sasl_mechanism="SCRAM-SHA-256", sasl_username="nobody"
        ),
        (*LOGIN, "nobody"),
    ),
    Failure(
        "a mechanism that the broker does not take",
        lambda broker: broker.settings("INTERNAL", sasl_mechanism="SCRAM-SHA-256"),
        ("does not support SCRAM-SHA-256", "IPG12_SASL_MECHANISM to PLAIN"),
    ),
    Failure(
        "a broker's certificate of an unknown authority",
        lambda broker: broker.settings("TLS", ssl_cafile=broker.stranger.cafile),
        ("authority", "IPG12_SSL_CAFILE does not trust"),
    ),
    Failure(
        "a broker's certificate of an authority that the machine does not know",
        lambda broker: broker.settings("TLS", ssl_cafile=""),
        ("authority", "this machine does not trust", "set IPG12_SSL_CAFILE"),
    ),
    Failure(
        "a broker's certificate that has expired",
        lambda broker: broker.settings("EXPIRED"),
        ("has expired", "at the broker"),
    ),
    Failure(
        "a broker's certificate for another name",
        lambda broker: broker.settings("MISNAMED"),
        ("another name", "IPG12_BROKERS"),
    ),
    Failure(
        "no certificate where one is required",
        lambda broker: broker.settings("MTLS"),
        ("requires a client certificate", "IPG12_SSL_CERTFILE", "IPG12_SSL_KEYFILE"),
    ),
    Failure(
        "a certificate of an authority that the broker does not know",
        lambda broker: shown(broker, stranger=True),
        ("refuses the certificate of IPG12_SSL_CERTFILE", "authority"),
    ),
    Failure(
        "a certificate that has expired",
        lambda broker: shown(broker, expired=True),
        ("refuses the certificate of IPG12_SSL_CERTFILE", "expired"),
    ),
    Failure(
        "a file of authorities in which there are none",
        lambda broker: broker.settings("TLS", ssl_cafile=__file__),
        ("IPG12_SSL_CAFILE contains no PEM certificates",),
    ),
    Failure(
        "the key of another certificate",
        mismatched,
        ("IPG12_SSL_CERTFILE", "IPG12_SSL_KEYFILE", "mismatch"),
    ),
    Failure("a key that is encrypted", encrypted, ("IPG12_SSL_KEYFILE", "not encrypted")),
    Failure(
        "TLS to a port without",
        lambda broker: {**broker.settings("TLS"), "brokers": broker.addresses["SASL"]},
        ("does not use TLS", "IPG12_SECURITY_PROTOCOL=SASL_PLAINTEXT"),
    ),
    Failure(
        "no TLS to a port with it",
        lambda broker: plaintext(broker, "TLS"),
        ("uses TLS", "IPG12_SECURITY_PROTOCOL=SSL"),
    ),
    Failure(
        "a password but no TLS to a port with both",
        lambda broker: {**broker.settings("SASL"), "brokers": broker.addresses["SASLTLS"]},
        ("uses TLS", "IPG12_SECURITY_PROTOCOL=SASL_SSL"),
    ),
    Failure(
        "no password where one is asked for",
        lambda broker: plaintext(broker, "SASL"),
        ("requires a user and a password", "IPG12_SECURITY_PROTOCOL=SASL_PLAINTEXT"),
    ),
    Failure(
        "a password where none is asked for",
        lambda broker: {**broker.settings("SASLTLS"), "brokers": broker.addresses["TLS"]},
        ("does not use a user", "IPG12_SECURITY_PROTOCOL=SSL"),
    ),
]


@pytest.fixture(scope="module")
def ends(broker: Secured) -> dict[str, CompletedProcess[str]]:
    """Run a command for every failure, some at once."""

    def end(failure: Failure, command: tuple[str, ...]) -> CompletedProcess[str]:
        settings = {**failure.settings(broker), "web_port": str(free_port())}
        environment = {f"IPG12_{name.upper()}": value for name, value in settings.items()}
        return run(*command, environment=environment, seconds=SECONDS)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(end, FAILURES, cycle(COMMANDS)))
    return {failure.name: done for failure, done in zip(FAILURES, found, strict=True)}


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_what_keeps_a_command_from_connecting_is_one_line_that_says_what_to_do(
    ends: dict[str, CompletedProcess[str]], failure: Failure
) -> None:
    done = ends[failure.name]
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.startswith("ipg12: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert [words for words in failure.said if words not in done.stderr] == [], done.stderr
    assert [secret for secret in (WRONG, PASSWORD, ADMIN[1]) if secret in done.stderr] == []


def test_a_broker_that_is_not_to_be_trusted_does_not_matter_while_another_one_answers(
    broker: Secured,
) -> None:
    both = f"{broker.addresses['EXPIRED']},{broker.addresses['TLS']}"
    settings = Settings.model_validate({**broker.settings("TLS"), "brokers": both})
    assert diagnose(settings) is None
    assert Cluster(settings).partitions == {}
