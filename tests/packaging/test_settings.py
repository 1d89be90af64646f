from streams.settings import PREFIX, Settings

DEFAULTS = {
    "IPG12_BROKERS": "localhost:9092",
    "IPG12_GROUP": "ipg12",
    "IPG12_TOPIC_PREFIX": "ipg12.",
    "IPG12_OUT_OF_SCOPE": "route",
    "IPG12_CHUNK_RECORDS": 2000,
    "IPG12_MAX_RECORD_BYTES": 1048576,
    "IPG12_CHECK_CRCS": True,
    "IPG12_WEB_PORT": 6066,
    "IPG12_ALERTS_WEB_PORT": 6067,
    "IPG12_DASHBOARD_HOST": "127.0.0.1",
    "IPG12_DASHBOARD_PORT": 6068,
    "IPG12_DASHBOARD_NAMES": "",
    "IPG12_DASHBOARD_PROXIES": "",
    "IPG12_DASHBOARD_URL": None,
    "IPG12_API_TOKEN": None,
    "IPG12_ALERT_ERRORS": "1",
    "IPG12_ALERT_WARNINGS": "10 in 24h",
    "IPG12_ALERT_INFORMATION": "never",
    "IPG12_WEBHOOK_URL": None,
    "IPG12_WEBHOOK_SHAPE": "alertmanager",
    "IPG12_WEBHOOK_TOKEN": None,
    "IPG12_WEBHOOK_WEB_PORT": 6069,
    "IPG12_SECURITY_PROTOCOL": "PLAINTEXT",
    "IPG12_SASL_MECHANISM": "PLAIN",
    "IPG12_SASL_USERNAME": None,
    "IPG12_SASL_PASSWORD": None,
    "IPG12_SSL_CAFILE": None,
    "IPG12_SSL_CERTFILE": None,
    "IPG12_SSL_KEYFILE": None,
}
"""What others rely on: a change here is a change of version."""


def test_the_variables_and_their_defaults_are_those_that_others_rely_on() -> None:
    fields = Settings.model_fields.items()

    assert {f"{PREFIX}{name.upper()}": field.default for name, field in fields} == DEFAULTS
