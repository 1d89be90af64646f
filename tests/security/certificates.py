"""Certificates for a test: authorities, brokers and clients, each in files as Kafka reads them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
LAST_YEAR = YESTERDAY - timedelta(days=365)


class Authority:
    """Issues certificates, and writes them into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._ca = trustme.CA(organization_name=name)
        self.cafile = folder / f"{name}-ca.pem"
        self._ca.cert_pem.write_to_path(str(self.cafile))

    def issue(self, host: str, name: str, *, expired: bool = False) -> "Certificate":
        """Issue a certificate for a host, with a common name."""
        leaf = self._ca.issue_cert(
            host,
            common_name=name,
            organization_name=self._name,
            not_before=LAST_YEAR if expired else None,
            not_after=YESTERDAY if expired else None,
        )
        stem = f"{self._name}-{name}{'-expired' if expired else ''}"
        return Certificate(
            self._folder / stem,
            leaf.private_key_pem.bytes(),
            b"".join(blob.bytes() for blob in leaf.cert_chain_pems),
        )


class Certificate:
    """A certificate and its private key, in one file each and both in one."""

    def __init__(self, stem: Path, key: bytes, chain: bytes) -> None:
        self._key = key
        self.certfile = stem.with_suffix(".crt")
        self.certfile.write_bytes(chain)
        self.keyfile = stem.with_suffix(".key")
        self.keyfile.write_bytes(self.key())
        self.both = stem.with_suffix(".pem")
        self.both.write_bytes(self.key() + chain)

    def key(self, encryption: KeySerializationEncryption | None = None) -> bytes:
        """Give the private key as PKCS #8, the only form that Kafka reads."""
        key = load_pem_private_key(self._key, password=None)
        form = (Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
        return key.private_bytes(*form)
