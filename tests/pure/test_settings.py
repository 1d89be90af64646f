from pathlib import Path

import pytest

from streams.errors import OperatorError
from streams.setting_types import SecurityProtocol
from streams.settings import Settings
from streams.validation.reading.hl7 import Hl7Fields


@pytest.mark.parametrize(
    "name,value",
    [
        ("IPG12_BROKERS", "kafka"),
        ("IPG12_BROKERS", ""),
        ("IPG12_GROUP", "a group"),
        ("IPG12_TOPIC_PREFIX", "a/b"),
        ("IPG12_OUT_OF_SCOPE", "drop"),
        ("IPG12_CHUNK_RECORDS", "0"),
        ("IPG12_CHUNK_RECORDS", "many"),
        ("IPG12_MAX_RECORD_BYTES", "-1"),
        ("IPG12_ECHO_HEADERS", "trace, span"),
        ("IPG12_ECHO_HEADERS", ",trace"),
        ("IPG12_HL7_EPISODE_ID", "EVN"),
        ("IPG12_HL7_EPISODE_ID", "EVN-0"),
        ("IPG12_HL7_PROVIDER", "msh-4.1"),
        ("IPG12_HL7_PROVIDER", "PV1-3.4.1.1"),
        ("IPG12_WEB_PORT", "70000"),
        ("IPG12_SECURITY_PROTOCOL", "plain"),
        ("IPG12_SASL_MECHANISM", "GSSAPI"),
        ("IPG12_SSL_CAFILE", "/nowhere/ca.pem"),
        ("IPG12_WEBHOOK_URL", "ftp://example.invalid/s3cret"),
        ("IPG12_WEBHOOK_URL", "s3cret"),
        ("IPG12_WEBHOOK_SHAPE", "slack"),
        ("IPG12_WEBHOOK_TOKEN", "s3 cret"),
        ("IPG12_WEBHOOK_TOKEN", "s3cret\n"),
        ("IPG12_WEBHOOK_WEB_PORT", "0"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_variable_and_not_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError) as trouble:
        Settings.read()
    message = str(trouble.value)
    assert name in message
    assert "\n" not in message
    assert not value or value not in message.replace(name, "")


def test_headers_to_echo_are_names_and_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for names, read in (("trace,größe", {"trace", "größe"}), ("", set())):
        monkeypatch.setenv("IPG12_ECHO_HEADERS", names)
        assert Settings.read().echoed_headers == read
    monkeypatch.setenv("IPG12_ECHO_HEADERS", "trace,ipg12-source")
    with pytest.raises(OperatorError, match=r"^IPG12_ECHO_HEADERS: ipg12-source is set by ipg12"):
        Settings.read()


def test_fields_of_hl7_messages_are_configured_by_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.read().hl7_fields == Hl7Fields("PV1-19.1", "MSH-4.1")
    monkeypatch.setenv("IPG12_HL7_EPISODE_ID", "ZV1-100")
    monkeypatch.setenv("IPG12_HL7_PROVIDER", "PV1-3.4.1")
    assert Settings.read().hl7_fields == Hl7Fields("ZV1-100", "PV1-3.4.1")


def test_a_password_comes_from_the_file_that_is_named_and_shows_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("IPG12_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("IPG12_SASL_USERNAME", "ipg12")
    monkeypatch.setenv("IPG12_SASL_PASSWORD_FILE", str(secret))
    settings = Settings.read()
    assert settings.sasl_password is not None
    assert settings.sasl_password.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_webhooks_token_comes_from_the_file_that_is_named_and_neither_it_nor_the_url_shows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("IPG12_WEBHOOK_URL", "https://example.invalid/hidden")
    monkeypatch.setenv("IPG12_WEBHOOK_TOKEN_FILE", str(secret))
    settings = Settings.read()
    assert settings.webhook_token is not None
    assert settings.webhook_token.get_secret_value() == "s3cret"
    assert settings.webhook_url is not None
    assert settings.webhook_url.get_secret_value() == "https://example.invalid/hidden"
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert "s3cret" not in shown
    assert "hidden" not in shown


def test_a_password_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPG12_SASL_PASSWORD_FILE", "/nowhere/password")
    with pytest.raises(OperatorError, match="IPG12_SASL_PASSWORD_FILE"):
        Settings.read()


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_protocol_with_a_password_needs_one(
    monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setenv("IPG12_SECURITY_PROTOCOL", protocol)
    with pytest.raises(OperatorError, match="IPG12_SASL_USERNAME and IPG12_SASL_PASSWORD"):
        Settings.read()


@pytest.mark.parametrize(
    "name,value", [("IPG12_SASL_USERNAME", "ipg12"), ("IPG12_SSL_CAFILE", __file__)]
)
def test_credentials_that_the_protocol_would_not_use_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError, match="needs IPG12_SECURITY_PROTOCOL="):
        Settings.read()


def test_a_value_of_the_wrong_form_is_told_what_it_should_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IPG12_BROKERS", "kafka")
    with pytest.raises(
        OperatorError, match="IPG12_BROKERS: should be: host:port of one or more brokers"
    ):
        Settings.read()


def test_a_certificate_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPG12_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv("IPG12_SSL_CERTFILE", __file__)
    with pytest.raises(OperatorError, match="IPG12_SSL_KEYFILE"):
        Settings.read()


def test_protocols_say_what_they_do() -> None:
    said = {each: (each.encrypted, each.authenticated) for each in SecurityProtocol}
    assert said == {
        SecurityProtocol.PLAINTEXT: (False, False),
        SecurityProtocol.SSL: (True, False),
        SecurityProtocol.SASL_PLAINTEXT: (False, True),
        SecurityProtocol.SASL_SSL: (True, True),
    }


@pytest.mark.parametrize(
    "url", ["https://u:p@h/", "https://h/?q=1", "https://h/#a", "h", "ftp://h/"]
)
def test_the_public_url_of_the_dashboard_is_a_place_and_no_more(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("IPG12_DASHBOARD_URL", url)
    with pytest.raises(OperatorError, match=r"^IPG12_DASHBOARD_URL: "):
        Settings.read()
