"""Findings as CSV, one a line, for spreadsheets."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final
from unicodedata import normalize

from schemas.rejection import Rejection
from schemas.verdict import Finding
from streams.cli.showing.terminal import visible
from streams.marks import Coded

COLUMNS: Final = (
    "rule",
    "name",
    "severity",
    "place",
    "found",
    "expected",
    "fix",
    "procedures",
    "diagnoses",
    "proposed",
    "remaining_errors",
)
_FORMULA: Final = ("=", "+", "-", "@")
"""What makes a spreadsheet take a text for a formula."""


def header_line(*leading: str) -> str:
    """Return the names of the columns, after those of the caller."""
    return _written([(*leading, *COLUMNS)])


def finding_lines(leading: Sequence[object], coded: Coded, findings: Iterable[Finding]) -> str:
    """Return a line for each finding; each begins with the cells of the caller."""
    codes = [" ".join(each or ()) for each in (coded.procedures, coded.diagnoses, coded.proposed)]
    return _written(
        (
            *leading,
            finding.rule,
            finding.name,
            finding.severity,
            finding.place,
            finding.found,
            finding.expected,
            finding.fix and finding.fix.text,
            *codes,
            coded.remaining_errors,
        )
        for finding in findings
    )


def rejection_line(leading: Sequence[object], rejection: Rejection) -> str:
    """Return the line of a dead letter: its reason is the name, and its hint the fix."""
    places = "; ".join(fault.place for fault in rejection.errors)
    faults = "; ".join(f"{fault.place} {fault.message}" for fault in rejection.errors)
    cells = ("", rejection.reason, "", places, "", faults, rejection.hint, "", "", "", "")
    return _written([(*leading, *cells)])


def _written(rows: Iterable[Iterable[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([map(_cell, row) for row in rows])
    return text.getvalue()


def _cell(value: object) -> str:
    """Return the text of a cell that no spreadsheet takes for a formula."""
    text = visible("" if value is None else str(value))
    return f"'{text}" if normalize("NFKC", text.lstrip()[:1]) in _FORMULA else text
