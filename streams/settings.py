"""The configuration, read from the environment in one place and validated."""

import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
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
    HeaderNames,
    Hl7Field,
    KafkaName,
    OutOfScope,
    PublicUrl,
    SaslMechanism,
    SecurityProtocol,
    Token,
    WebAddress,
    WebhookShape,
)
from streams.validation.reading import MAX_RECORD_BYTES
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields

PREFIX = "IPG12_"
_SECRETS = ("sasl_password", "api_token", "webhook_token", "webhook_url")
_TOKEN_CHARACTERS = 16
_Port = Annotated[int, Field(ge=1, le=65_535)]


class Settings(BaseModel):
    """The settings; the variable of each is `IPG12_` and the field's name in capitals."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    brokers: Annotated[str, StringConstraints(pattern=r"^[^\s,:]+:[0-9]+(,[^\s,:]+:[0-9]+)*$")] = (
        Field(
            default="localhost:9092",
            description="host:port of one or more brokers, separated by commas.",
        )
    )
    group: KafkaName = Field(
        default="ipg12", description="Consumer group of the workers: letters, digits, . - and _"
    )
    topic_prefix: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]*$", max_length=200)
    ] = Field(default="ipg12.", description="Prefix of topic names: letters, digits, . - and _")
    out_of_scope: OutOfScope = Field(
        default=OutOfScope.ROUTE, description="Copy out-of-scope records, or only count them."
    )
    chunk_records: int = Field(
        default=2_000, ge=1, le=10_000, description="Maximum number of records in a transaction."
    )
    max_record_bytes: int = Field(
        default=MAX_RECORD_BYTES,
        ge=1,
        le=64 * MAX_RECORD_BYTES,
        description="Maximum size of a value in bytes; larger records become dead letters.",
    )
    echo_headers: HeaderNames = Field(
        default="traceparent,tracestate,correlation-id,kafka_correlationId,ce_id",
        description="Headers copied from a record to its verdict: names separated by commas.",
    )
    hl7_episode_id: Hl7Field = Field(
        default=HL7_FIELDS.episode_id,
        description="Field of HL7 messages with the episode's identifier, such as PV1-19.1.",
    )
    hl7_provider: Hl7Field = Field(
        default=HL7_FIELDS.provider_code,
        description="Field of HL7 messages with the provider's ODS code, such as MSH-4.1.",
    )
    check_crcs: bool = Field(
        default=True, description="Verify checksums of batches; the embedded broker's are wrong."
    )
    web_port: _Port = Field(default=6066, description="Port of the worker's metrics and health.")
    alerts_web_port: _Port = Field(
        default=6067, description="Port of the alerts process's metrics and health."
    )
    dashboard_host: str = Field(
        default="127.0.0.1", description="Address on which the dashboard listens."
    )
    dashboard_port: _Port = Field(default=6068, description="Port on which the dashboard listens.")
    dashboard_names: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9.-]+(,|$))*$")] = Field(
        default="", description="Host names of the dashboard behind a proxy, separated by commas."
    )
    dashboard_proxies: Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f.:/]+(,|$))*$")] = (
        Field(default="", description="Addresses of trusted proxies, separated by commas.")
    )
    dashboard_url: PublicUrl | None = Field(
        default=None, description="Public URL of the dashboard, for links in webhook messages."
    )
    api_token: Annotated[SecretStr, Field(min_length=_TOKEN_CHARACTERS)] | None = Field(
        default=None, description="Token that is required to change alerts in the dashboard."
    )
    alert_errors: AlertFrom = Field(
        default="1", description="Number of error findings at one provider that opens an alert."
    )
    alert_warnings: AlertFrom = Field(
        default="10 in 24h", description="Number of warnings at one provider that opens an alert."
    )
    alert_information: AlertFrom = Field(
        default=NEVER,
        description="Number of information findings at one provider that opens an alert.",
    )
    webhook_url: WebAddress | None = Field(
        default=None, description="http or https URL to which alert events are posted."
    )
    webhook_shape: WebhookShape = Field(
        default=WebhookShape.ALERTMANAGER, description="Format of the webhook's messages."
    )
    webhook_token: Token | None = Field(
        default=None, description="Bearer token or routing key of the webhook; better from a file."
    )
    webhook_web_port: _Port = Field(
        default=6069, description="Port of the notifier's metrics and health."
    )
    security_protocol: SecurityProtocol = Field(
        default=SecurityProtocol.PLAINTEXT, description="Use of TLS and a password at the brokers."
    )
    sasl_mechanism: SaslMechanism = Field(
        default=SaslMechanism.PLAIN, description="SASL mechanism of the login at the brokers."
    )
    sasl_username: str | None = Field(default=None, description="User name at the brokers.")
    sasl_password: SecretStr | None = Field(
        default=None, description="Password at the brokers; better from a file."
    )
    ssl_cafile: Path | None = Field(default=None, description="Trusted authorities, PEM file.")
    ssl_certfile: Path | None = Field(default=None, description="Client certificate, PEM file.")
    ssl_keyfile: Path | None = Field(default=None, description="Client's private key, PEM file.")

    @staticmethod
    def read() -> "Settings":
        """Read the environment. Raises OperatorError."""
        try:
            return _Environment(**_secrets_from_files())
        except ValidationError as error:
            raise OperatorError(_one_line(error)) from None

    @property
    def echoed_headers(self) -> frozenset[str]:
        """Names of the headers that are copied from a record to its verdict."""
        return frozenset(filter(None, self.echo_headers.split(",")))

    @property
    def hl7_fields(self) -> Hl7Fields:
        """Where HL7 messages name the episode and its provider."""
        return Hl7Fields(self.hl7_episode_id, self.hl7_provider)

    @property
    def alert_thresholds(self) -> dict[Severity, Threshold | None]:
        """How many findings open an alert, by severity; None for never."""
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
            message = "a login needs IPG12_SECURITY_PROTOCOL=SASL_SSL or SASL_PLAINTEXT"
            raise ValueError(message)
        if bool(self.ssl_certfile) != bool(self.ssl_keyfile):
            message = "set both IPG12_SSL_CERTFILE and IPG12_SSL_KEYFILE, or neither"
            raise ValueError(message)
        for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                message = f"{PREFIX}{name.upper()} does not name a file; correct the path"
                raise ValueError(message)
        if not self.security_protocol.encrypted and (self.ssl_cafile or self.ssl_certfile):
            message = "a certificate needs IPG12_SECURITY_PROTOCOL=SSL or SASL_SSL"
            raise ValueError(message)
        return self


class _Environment(BaseSettings, Settings):
    model_config = SettingsConfigDict(env_prefix=PREFIX)


def _secrets_from_files() -> dict[str, Any]:
    """Read each secret whose `…_FILE` variable is set. Raises OperatorError."""
    secrets = {}
    for name in _SECRETS:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            try:
                secrets[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                message = (
                    f"{variable}: cannot read the file; check its path, permissions and encoding"
                )
                raise OperatorError(message) from None
    return secrets


def _one_line(error: ValidationError) -> str:
    """Return one line with each invalid variable and what it should be, without its value."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        message = fault["msg"].removeprefix("Value error, ")
        name = "".join(str(part) for part in fault["loc"][:1])
        if fault["type"] == "string_pattern_mismatch":
            message = f"should be: {Settings.model_fields[name].description}".rstrip(".")
        faults.append(f"{PREFIX}{name.upper()}: {message}" if name else message)
    return "; ".join(faults)
