"""A Kafka that is secured in every way that clients can be asked for, one listener for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from broker.kafka import HOST, Cluster, free_port
from security.certificates import Authority

ADMIN = ("admin", "invented-password-of-the-admin")
USER = "ipg12-worker"
PASSWORD = "invented-password-of-the-worker"  # noqa: S105  # of a broker that lives for this test
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")

PROTOCOLS = {
    "CONTROLLER": "SASL_PLAINTEXT",
    "INTERNAL": "SASL_PLAINTEXT",
    "TLS": "SSL",
    "MTLS": "SSL",
    "SASLTLS": "SASL_SSL",
    "SASL": "SASL_PLAINTEXT",
    "EXPIRED": "SSL",
    "MISNAMED": "SSL",
}
"""Of each listener; INTERNAL is the administration's."""


@dataclass(frozen=True)
class Secured:
    """The running cluster, where its listeners are, and who issues certificates."""

    cluster: Cluster
    addresses: Mapping[str, str]
    trusted: Authority
    stranger: Authority

    def settings(self, listener: str, **others: str | Path) -> dict[str, str]:
        """Give the settings of a client of a listener, `others` added or put in their place."""
        protocol = PROTOCOLS[listener]
        settings: dict[str, str | Path] = {
            "brokers": self.addresses[listener],
            "security_protocol": protocol,
        }
        if protocol.endswith("SSL"):
            settings["ssl_cafile"] = self.trusted.cafile
        if protocol.startswith("SASL"):
            settings |= {"sasl_username": USER, "sasl_password": PASSWORD}
        return {name: str(value) for name, value in (settings | others).items() if value}


def secured(folder: Path) -> Secured:
    """Set it out; it runs once its cluster is entered."""
    trusted, stranger = Authority(folder, "trusted"), Authority(folder, "stranger")
    addresses = {name: f"{HOST}:{free_port()}" for name in PROTOCOLS if name not in _OURS}
    cluster = Cluster(
        folder,
        properties={**_listeners(addresses), **_sasl(), **_tls(trusted), **_rights()},
        format_arguments=[
            f"--add-scram={mechanism}=[name={USER},password={PASSWORD}]" for mechanism in SCRAM
        ],
        client={
            "security.protocol": PROTOCOLS["INTERNAL"],
            "sasl.mechanism": "PLAIN",
            "sasl.username": ADMIN[0],
            "sasl.password": ADMIN[1],
        },
    )
    return Secured(cluster, {**addresses, "INTERNAL": cluster.address}, trusted, stranger)


_OURS = ("CONTROLLER", "INTERNAL")
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


def _listeners(addresses: Mapping[str, str]) -> dict[str, str]:
    public = [
        "INTERNAL://{address}",
        *(f"{name}://{address}" for name, address in addresses.items()),
    ]
    return {
        "listeners": ",".join([*public, "CONTROLLER://{controller}"]),
        "advertised.listeners": ",".join(public),
        "listener.security.protocol.map": ",".join(
            f"{name}:{protocol}" for name, protocol in PROTOCOLS.items()
        ),
        "inter.broker.listener.name": "INTERNAL",
    }


def _sasl() -> dict[str, str]:
    own = f'username="{ADMIN[0]}" password="{ADMIN[1]}" user_{ADMIN[0]}="{ADMIN[1]}"'
    properties = {
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAM)),
    }
    for name in _OURS:
        before = f"listener.name.{name.lower()}"
        properties[f"{before}.sasl.enabled.mechanisms"] = "PLAIN"
        properties[f"{before}.plain.sasl.jaas.config"] = f"{_PLAIN} required {own};"
    for name in ("sasltls", "sasl"):
        before = f"listener.name.{name}"
        properties[f"{before}.plain.sasl.jaas.config"] = (
            f'{_PLAIN} required user_{USER}="{PASSWORD}";'
        )
        for mechanism in SCRAM:
            properties[f"{before}.{mechanism.lower()}.sasl.jaas.config"] = f"{_SCRAM} required;"
    return properties


def _tls(trusted: Authority) -> dict[str, str]:
    good = trusted.issue(HOST, "broker")
    shown = {
        "TLS": good,
        "MTLS": good,
        "SASLTLS": good,
        "EXPIRED": trusted.issue(HOST, "broker", expired=True),
        "MISNAMED": trusted.issue("kafka.elsewhere.invalid", "elsewhere"),
    }
    properties = {
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(trusted.cafile),
        "ssl.keystore.type": "PEM",
        "listener.name.mtls.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": r"RULE:^.*CN=([^,]+).*$/$1/",
    }
    for name, certificate in shown.items():
        properties[f"listener.name.{name.lower()}.ssl.keystore.location"] = str(certificate.both)
    return properties


def _rights() -> dict[str, str]:
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN[0]}",
        "allow.everyone.if.no.acl.found": "false",
    }
