import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import AlertCommand
from schemas.rejection import MAX_FAULTS
from schemas.verdict import Verdict
from streams.alerts.reading import Unreadable, read_command, read_verdict
from streams.packed import Packed
from streams.validation.check import check, judge
from streams.validation.rule import coded

COMMAND = (
    b'{"id": "1", "action": "resolve", "rule": "LV02", "provider": "R0A", "by": "Ann", '
    b'"at": "2026-01-31T10:00:00Z", "why": "withdrawn"}'
)


def test_what_was_written_is_read() -> None:
    verdict = check(coded("V44.4 Y53.4 V55.1 Z66.5"))
    assert verdict.findings
    assert read_verdict(verdict.model_dump_json().encode()) == verdict
    assert isinstance(read_command(COMMAND), AlertCommand)


@given(st.none() | st.binary())
def test_any_bytes_are_read_or_refused(value: bytes | None) -> None:
    assert isinstance(read_verdict(value), Verdict | Unreadable)
    assert isinstance(read_command(value), AlertCommand | Unreadable)


@pytest.mark.parametrize(
    "value,told",
    [
        (None, "not-a-command: Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (COMMAND.replace(b"LV02", b"secret"), "not-a-command: rule String should match pattern"),
        (COMMAND.replace(b'"resolve"', b'"secret"'), "not-a-command: action Input should be"),
        (COMMAND.replace(b'"Ann"', b'""'), "not-a-command: by String should have at least 1"),
    ],
)
def test_it_is_told_what_is_wrong_and_where_and_nothing_is_quoted(
    value: bytes | None, told: str
) -> None:
    said = str(read_command(value))
    assert said.startswith(told)
    assert "secret" not in said


def test_of_many_faults_the_first_are_told() -> None:
    verdict = judge(b"{}").model_dump(mode="json") | {"findings": [{}] * 100}
    refused = read_verdict(str(verdict).replace("'", '"').replace("None", "null").encode())
    assert isinstance(refused, Unreadable)
    assert len(refused.faults) == MAX_FAULTS


def test_a_value_that_came_packed_is_not_read() -> None:
    packed = Packed(io.BytesIO(COMMAND).read, len(COMMAND))
    assert str(read_command(packed)) == f"not-a-command: has {len(COMMAND)} bytes"
