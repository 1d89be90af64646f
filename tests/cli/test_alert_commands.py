import csv
from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace

import pytest
from cli.running import ipg12_here
from rich.console import Console

from schemas.alert import Alert, AlertEvent, AlertEventType, AlertState, EpisodeRow, Silence
from schemas.verdict import Severity, Verdict
from streams.alerts.alert_log import AlertLog
from streams.cli.showing.alerts import alert_page, alert_table, local, worklist_lines
from streams.cli.showing.report import report
from streams.settings import Settings
from streams.validation.check import check
from streams.validation.rule import coded

SEEN = datetime(2026, 1, 31, 10, tzinfo=UTC)
ALERT = Alert(
    rule="LV02",
    severity=Severity.ERROR,
    provider="R0A",
    state=AlertState.OPEN,
    since=SEEN,
    first_seen=SEEN,
    last_seen=SEEN,
    findings=1200,
    awaiting=3,
)


@pytest.mark.parametrize(
    "arguments,said",
    [
        (("show", "LV02"), "LV02 is not the name of an alert; write RULE/PROVIDER, as in LV02/R0A"),
        (("show", "LV02/"), " is not an ODS code"),
        (("show", "LV2/R0A"), "there is no rule LV2; did you mean LV02"),
        (("list", "--rule", "XX9"), "there is no rule XX9"),
        (("list", "--provider", "*"), "* is not an ODS code"),
        (("resolve", "LV02/R0A"), "Missing option '--why'"),
        (("resolve", "LV02/R0A", "--why", " "), "why String should have at least 1 character"),
        (("acknowledge", "LV02/R0A", "--by", "x" * 101), "by String should have at most 100"),
        (("resolve", "LV02/R0A", "--why", "x" * 501), "at most 500 characters"),
        (
            ("acknowledge", "LV02/TOOLONGACODE1"),
            "TOOLONGACODE1 is not an ODS code of 3 to 12 letters and digits",
        ),
        (("silence", "LV02/R0A", "--why", "x"), "a silence needs one end"),
        (("silence", "LV02/R0A", "--why", "x", "--for", "8"), "--for should be minutes, hours or"),
        (("silence", "LV02/R0A", "--why", "x", "--for", "91d"), "90 days at most"),
        (("silence", "LV02/R0A", "--why", "x", "--until", "soon"), "--until should be a date and"),
        (
            ("silence", "LV02/R0A", "--why", "x", "--until", "2026-01-01T00:00"),
            "--until is in the past",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value)[:40],
)
def test_what_makes_no_sense_is_one_line_before_any_broker_is_asked(
    arguments: tuple[str, ...], said: str
) -> None:
    done = ipg12_here("alerts", *arguments, IPG12_BROKERS="nowhere.invalid:1")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_an_alert_is_listed_with_its_counts_and_who_has_it() -> None:
    silence = Silence(until=SEEN, by="Ben", why="known")
    taken = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": "Ann", "silence": silence}
    console = Console(width=120)
    with console.capture() as capture:
        console.print(alert_table([ALERT.model_copy(update=taken)]))
    (row,) = [line for line in capture.get().splitlines() if "LV02/R0A" in line]
    assert row.split("  ")[0].strip() == "LV02/R0A"
    for shown in ("error", "acknowledged, silenced", "3", "1,200", local(SEEN), "Ann"):
        assert shown in row


def test_the_page_of_an_alert_ends_with_its_history() -> None:
    events = [
        AlertEvent(step=step, rule="LV02", provider="R0A", at=SEEN, by=by, why=why, alert=ALERT)
        for step, by, why in (
            (AlertEventType.OPENED, None, "a finding"),
            (AlertEventType.ACKNOWLEDGED, "Ann\x1b", ""),
        )
    ]
    lines = [line.plain for line in alert_page(ALERT, events)]
    assert lines[0] == "LV02/R0A is open, 3 episodes await correction"
    assert lines[1] == "  rule       Levels of spine not in second place, error"
    assert lines[-2:] == [
        f"  {local(SEEN)}  opened: a finding",
        f"  {local(SEEN)}  acknowledged by Ann\\x1b",
    ]


def worklist_row(verdict: Verdict) -> EpisodeRow:
    """Return the row that a verdict leaves on the worklist."""
    alert_log = AlertLog(Settings().alert_thresholds)
    alert_log.apply_verdict(verdict, 0)
    (row,) = alert_log.changes().episodes.values()
    return row


MISPLACED = worklist_row(check(coded("V44.4 & Y53.4 V55.1 Z66.5")))


def printed(row: EpisodeRow) -> list[str]:
    return [line.plain for line in worklist_lines([row], 80)]


def test_the_worklist_marks_the_fault_in_the_codes_as_a_report_does() -> None:
    verdict = check(coded("V44.4 & Y53.4 V55.1 Z66.5"))
    first, *lines, count = printed(MISPLACED)
    reported = [line.plain for line in report("", verdict, verdict.findings, 80)]
    assert first == "episode EXAMPLE: non-compliant"
    assert lines == reported[1:]
    assert "             corrects all errors" in lines
    assert count == "1 episode awaits correction."


def test_a_row_that_was_written_before_rows_had_codes_is_read_and_says_so() -> None:
    old = MISPLACED.model_dump(
        mode="json",
        exclude={
            "procedures": True,
            "diagnoses": True,
            "remaining_errors": True,
            "remarks": True,
            "findings": {0: {"at"}},
        },
    )
    lines = printed(EpisodeRow.model_validate(old))
    assert lines[1:4] == [
        "  an earlier release checked it, and kept no codes",
        "  proposed   V44.4 V55.1 Y53.4 Z66.5",
        "             corrects all errors",
    ]
    assert "    found     V55.1, procedure 4" in lines


def test_a_rule_that_was_waived_is_not_on_the_worklist() -> None:
    row = worklist_row(check(coded("V44.4 Z66.5"))).model_copy(update={"waived": ("IC01",)})
    text = "\n".join(printed(row))
    assert "LV01" in text
    assert "IC01" not in text


def test_the_worklist_as_csv_has_a_line_for_each_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    client = SimpleNamespace(worklist=lambda code: [MISPLACED] * (code == "R0A"))
    monkeypatch.setattr("streams.alerting.client.AlertClient", lambda _: client)
    run = ipg12_here("worklist", "r0a", "--format", "csv")
    (row,) = csv.DictReader(StringIO(run.stdout.decode()))
    assert (row["provider_code"], row["episode_id"], row["rule"]) == ("R0A", "EXAMPLE", "LV02")
    assert row["procedures"] == "V44.4 Y53.4 V55.1 Z66.5"
