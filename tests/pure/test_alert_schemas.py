import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alert_stories import finding
from pydantic import ValidationError

from schemas.alert import AlertCommand, EpisodeRow
from schemas.verdict import Outcome, Severity

NOON = "2026-01-05T12:00:00Z"
ACKNOWLEDGE = {
    "id": "c-1",
    "action": "acknowledge",
    "rule": "LV02",
    "provider": "R0A",
    "by": "Ada",
    "at": NOON,
}
RESOLVE = ACKNOWLEDGE | {"action": "resolve", "why": "recoded"}
SILENCE = ACKNOWLEDGE | {"action": "silence", "why": "known", "until": "2026-01-06T12:00:00Z"}
UNSILENCE = ACKNOWLEDGE | {"action": "unsilence"}


def read(fields: dict[str, Any]) -> AlertCommand:
    return AlertCommand.model_validate_json(json.dumps(fields))


def refused(fields: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as trouble:
        read(fields)
    return [(error["loc"], error["msg"]) for error in trouble.value.errors()]


def places_refused(fields: dict[str, Any]) -> list[tuple[int | str, ...]]:
    return [place for place, _ in refused(fields)]


@pytest.mark.parametrize("fields", [ACKNOWLEDGE, RESOLVE, SILENCE, UNSILENCE])
def test_a_command_of_each_action_is_read(fields: dict[str, Any]) -> None:
    command = read(fields)
    assert command.action == fields["action"]
    assert command.at == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert command.model_dump(mode="json", exclude_none=True) == fields


@pytest.mark.parametrize(
    "field,value",
    [
        *[
            ("rule", value)
            for value in ("", "lv02", "LV2", "LV002", "LV02\n", " LV02", "LV0\u0662")
        ],
        *[("provider", value) for value in ("", "R0", "r0a", "R0A\n", "R/A", "R" * 13, "R0\u00c5")],
        *[("id", value) for value in ("", "a b", "a_b", "x" * 65, "c-1\n", "\u00e9")],
        *[("by", value) for value in ("", " \t\n", "x" * 101, None)],
        *[("why", value) for value in ("", " \t\n", "x" * 501)],
        *[("at", value) for value in ("2026-01-05T12:00:00", "noon", None)],
        *[("action", value) for value in ("reopen", "Acknowledge", "")],
    ],
)
def test_a_command_with_a_field_of_the_wrong_form_is_refused_at_that_field(
    field: str, value: str | None
) -> None:
    assert places_refused(ACKNOWLEDGE | {field: value}) == [(field,)]


def test_an_end_without_a_time_zone_is_refused() -> None:
    assert places_refused(SILENCE | {"until": "2026-01-06T12:00:00"}) == [("until",)]


def test_blanks_around_names_and_reasons_are_not_kept_and_do_not_count() -> None:
    command = read(ACKNOWLEDGE | {"by": f"  {'x' * 100}\t", "why": f"\n{'y' * 500}  "})
    assert (command.by, command.why) == ("x" * 100, "y" * 500)


@pytest.mark.parametrize("fields", [RESOLVE, SILENCE])
@pytest.mark.parametrize("why", [{}, {"why": None}])
def test_a_resolution_or_a_silence_without_a_reason_is_refused(
    fields: dict[str, Any], why: dict[str, None]
) -> None:
    unexplained = {name: value for name, value in fields.items() if name != "why"} | why
    message = f"Value error, {fields['action']} needs a reason (why)"
    assert refused(unexplained) == [((), message)]


@pytest.mark.parametrize("until", [{}, {"until": None}])
def test_a_silence_without_an_end_is_refused(until: dict[str, None]) -> None:
    endless = {name: value for name, value in SILENCE.items() if name != "until"} | until
    assert refused(endless) == [((), "Value error, a silence needs an end (until)")]


@pytest.mark.parametrize(
    "until", [NOON, "2026-01-05T14:00:00+02:00", "2026-01-05T11:59:59.999999Z"]
)
def test_a_silence_that_ends_no_later_than_it_begins_is_refused(until: str) -> None:
    message = "Value error, a silence must end after it begins (until)"
    assert refused(SILENCE | {"until": until}) == [((), message)]


def test_a_silence_of_more_than_ninety_days_is_refused() -> None:
    message = "Value error, a silence can last 90 days at most (until)"
    assert refused(SILENCE | {"until": "2026-04-05T12:00:00.000001Z"}) == [((), message)]
    assert refused(SILENCE | {"until": "9999-12-31T23:59:59Z"}) == [((), message)]


@pytest.mark.parametrize("fields", [ACKNOWLEDGE, RESOLVE, UNSILENCE])
def test_an_end_on_anything_but_a_silence_is_refused(fields: dict[str, Any]) -> None:
    message = "Value error, only a silence can have an end (until)"
    assert refused(fields | {"until": SILENCE["until"]}) == [((), message)]


@pytest.mark.parametrize(
    "waived,awaited",
    [
        ((), {"LV02": Severity.ERROR, "DX01": Severity.INFORMATION}),
        (("LV02",), {"DX01": Severity.INFORMATION}),
        (("DX01", "PX02"), {"LV02": Severity.ERROR}),
        (("LV02", "DX01"), {}),
    ],
)
def test_an_episode_is_awaited_because_of_the_rules_it_breaks_that_are_not_waived(
    waived: tuple[str, ...], awaited: dict[str, Severity]
) -> None:
    row = EpisodeRow(
        provider="R0A",
        episode_id="E1",
        timestamp=0,
        outcome=Outcome.NON_COMPLIANT,
        source=None,
        findings=(
            finding("LV02", Severity.ERROR),
            finding("DX01", Severity.INFORMATION),
            finding("LV02", Severity.ERROR),
        ),
        proposed=None,
        waived=waived,
    )
    assert row.awaited == awaited
