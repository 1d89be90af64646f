"""Configuration: the environment read in one place, and checked."""

import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.verdict import Severity
from streams.alerts.threshold import NEVER, Threshold, read_threshold
from streams.errors import OperatorError
from streams.setting_types import (
    AlertFrom,
    KafkaName,
    OutOfScope,
    SaslMechanism,
    SecurityProtocol,
    Token,
    WebAddress,
    WebhookShape,
)
from streams.validation.reading import MAX_RECORD_BYTES

PREFIX = "IPG12_"
_SECRETS = ("sasl_password", "api_token", "webhook_token", "webhook_url")
_TOKEN_CHARACTERS = 16


class Settings(BaseModel):
    """What can be configured, each as `IPG12_` and the field's name in capitals."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    brokers: Annotated[str, StringConstraints(pattern=r"^[^\s,:]+:[0-9]+(,[^\s,:]+:[0-9]+)*$")] = (
        Field(
            default="localhost:9092",
            description="host:port of one or more brokers, with commas.",
        )
    )
    group: KafkaName = Field(
        default="ipg12", description="Consumer group: letters, digits, . - and _"
    )
    topic_prefix: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]*$", max_length=200)
    ] = Field(
        default="ipg12.",
        description="Beginning of topic names: letters, digits, . - and _",
    )
    out_of_scope: OutOfScope = Field(
        default=OutOfScope.ROUTE, description="Copy out-of-scope records, or only count them."
    )
    chunk_records: int = Field(
        default=2_000, ge=1, le=10_000, description="Most records in one transaction."
    )
    max_record_bytes: int = Field(
        default=MAX_RECORD_BYTES,
        ge=1,
        le=64 * MAX_RECORD_BYTES,
        description="Larger records are dead letters.",
    )
    check_crcs: bool = Field(
        default=True, description="Check the checksums of what is read; the embedded broker's fail."
    )
    web_port: int = Field(default=6066, ge=1, le=65_535, description="Of metrics and health.")
    alerts_web_port: int = Field(
        default=6067, ge=1, le=65_535, description="Of metrics and health of the alerts."
    )
    dashboard_host: str = Field(
        default="127.0.0.1", description="Address at which the dashboard listens."
    )
    dashboard_port: int = Field(default=6068, ge=1, le=65_535, description="Of the dashboard.")
    dashboard_names: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9.-]+(,|$))*$")] = Field(
        default="",
        description="Names under which a proxy serves the dashboard, with commas.",
    )
    dashboard_proxies: Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f.:/]+(,|$))*$")] = (
        Field(
            default="",
            description="Addresses of proxies that say who asks, with commas.",
        )
    )
    dashboard_url: HttpUrl | None = Field(
        default=None, description="Public URL of the dashboard, for links in webhook messages."
    )
    api_token: Annotated[SecretStr, Field(min_length=_TOKEN_CHARACTERS)] | None = Field(
        default=None, description="Whoever changes alerts at the dashboard has to show it."
    )
    alert_errors: AlertFrom = Field(
        default="1", description="From how many findings of severity error on there is an alert."
    )
    alert_warnings: AlertFrom = Field(default="10 in 24h", description="The same of warnings.")
    alert_information: AlertFrom = Field(default=NEVER, description="The same of information.")
    webhook_url: WebAddress | None = Field(
        default=None, description="Where steps of alerts are told: an http or https URL."
    )
    webhook_shape: WebhookShape = Field(
        default=WebhookShape.ALERTMANAGER, description="How they are written there."
    )
    webhook_token: Token | None = Field(
        default=None, description="Bearer token or routing key there; better from a file."
    )
    webhook_web_port: int = Field(
        default=6069, ge=1, le=65_535, description="Of metrics of the notifier."
    )
    security_protocol: SecurityProtocol = Field(
        default=SecurityProtocol.PLAINTEXT, description="TLS, a password, both or neither."
    )
    sasl_mechanism: SaslMechanism = Field(
        default=SaslMechanism.PLAIN, description="How the password is sent."
    )
    sasl_username: str | None = Field(default=None, description="User at the broker.")
    sasl_password: SecretStr | None = Field(
        default=None, description="Password at the broker; better from a file."
    )
    ssl_cafile: Path | None = Field(default=None, description="Certificates to trust, PEM.")
    ssl_certfile: Path | None = Field(default=None, description="Certificate to show, PEM.")
    ssl_keyfile: Path | None = Field(default=None, description="Its private key, PEM.")

    @staticmethod
    def read() -> "Settings":
        """Read the environment; raises OperatorError."""
        try:
            return _Environment(**_secrets_from_files())
        except ValidationError as error:
            raise OperatorError(_one_line(error)) from None

    @property
    def alert_thresholds(self) -> dict[Severity, Threshold | None]:
        """From how many findings on there is an alert, by severity; None for never."""
        return {
            Severity.ERROR: read_threshold(self.alert_errors),
            Severity.WARNING: read_threshold(self.alert_warnings),
            Severity.INFORMATION: read_threshold(self.alert_information),
        }

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.authenticated and not (self.sasl_username and self.sasl_password):
            message = f"{self.security_protocol} needs IPG12_SASL_USERNAME and IPG12_SASL_PASSWORD"
            raise ValueError(message)
        if not self.security_protocol.authenticated and (self.sasl_username or self.sasl_password):
            message = "a user or password needs IPG12_SECURITY_PROTOCOL=SASL_SSL or SASL_PLAINTEXT"
            raise ValueError(message)
        if bool(self.ssl_certfile) != bool(self.ssl_keyfile):
            message = "IPG12_SSL_CERTFILE and IPG12_SSL_KEYFILE go together"
            raise ValueError(message)
        for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                message = f"{PREFIX}{name.upper()} names no file"
                raise ValueError(message)
        if not self.security_protocol.encrypted and (self.ssl_cafile or self.ssl_certfile):
            message = "a certificate needs IPG12_SECURITY_PROTOCOL=SSL or SASL_SSL"
            raise ValueError(message)
        return self


class _Environment(BaseSettings, Settings):
    model_config = SettingsConfigDict(env_prefix=PREFIX)


def _secrets_from_files() -> dict[str, Any]:
    """Read each secret whose `…_FILE` is set."""
    secrets = {}
    for name in _SECRETS:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            try:
                secrets[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                message = f"{variable}: cannot read that file"
                raise OperatorError(message) from None
    return secrets


def _one_line(error: ValidationError) -> str:
    """Name each bad variable and what it should be, without the value that it has."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        message = fault["msg"].removeprefix("Value error, ")
        name = "".join(str(part) for part in fault["loc"][:1])
        if fault["type"] == "string_pattern_mismatch":
            message = f"should be: {Settings.model_fields[name].description}"
        faults.append(f"{PREFIX}{name.upper()}: {message}" if name else message)
    return "; ".join(faults)
