"""Nothing that is said of the settings shows the password among them."""

import pytest
from security.secured import PASSWORD, USER

from streams.errors import OperatorError
from streams.kafka.connection import for_faust
from streams.setting_types import SecurityProtocol
from streams.settings import Settings


def test_neither_the_settings_nor_what_faust_is_given_show_the_password() -> None:
    settings = Settings(
        security_protocol=SecurityProtocol.SASL_SSL, sasl_username=USER, sasl_password=PASSWORD
    )
    shown = f"{settings} {settings!r} {settings.model_dump()} {for_faust(settings)!r}"
    assert USER in shown
    assert PASSWORD not in shown


@pytest.mark.parametrize(
    "name,value", [("SECURITY_PROTOCOL", "PLAINTEXT"), ("WEB_PORT", "0"), ("SASL_USERNAME", "")]
)
def test_a_setting_that_is_wrong_beside_a_password_does_not_bring_it_to_light(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    good = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": USER, "SASL_PASSWORD": PASSWORD}
    for each, its_value in {**good, name: value}.items():
        monkeypatch.setenv(f"IPG12_{each}", its_value)
    with pytest.raises(OperatorError) as trouble:
        Settings.read()
    assert PASSWORD not in repr(trouble.value)
    assert trouble.value.__suppress_context__
