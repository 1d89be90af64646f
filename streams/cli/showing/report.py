"""The report on one record, for people."""

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from rich.text import Text

from schemas.rejection import Fault, Remark
from schemas.verdict import Finding, Outcome, Severity, Verdict
from streams.cli.showing.rows import Cell, cell_text, rows
from streams.cli.showing.terminal import visible
from streams.marks import DIAGNOSES, PROCEDURES, Coded, field, mark, new_codes, position, remaining
from streams.validation.rules import RULES

SEVERITY_STYLES: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFORMATION: "cyan",
}
OUTCOME_STYLES: Final = {
    Outcome.COMPLIANT: "green",
    Outcome.NON_COMPLIANT: "bold red",
    Outcome.OUT_OF_SCOPE: "dim",
    Outcome.DEAD_LETTER: "bold magenta",
    Outcome.WITHDRAWN: "dim",
}
_PROPOSED: Final = "green"
_INDENT: Final = "  "
_HEADING_WIDTH: Final = len("procedures")
_IN_A_RECORD: Final = re.compile(r"line [0-9]+ column [0-9]+")
_FIELD_WIDTH: Final = len("expected") + 2
_RULES: Final = {rule.code: rule for rule in RULES}


def report(where: str, verdict: Verdict, findings: Sequence[Finding], width: int) -> Iterator[Text]:
    """Lay out some findings of a verdict in the codes of the episode, or why it is not one."""
    rejection = verdict.rejection
    yield from _header(where, verdict, width, f", {rejection.reason}" if rejection else "")
    if rejection:
        for fault in rejection.errors:
            yield from _wrapped(2 * _INDENT, _fault(fault), width)
        if rejection.hint:
            yield from _wrapped(2 * _INDENT + "hint: ", rejection.hint, width)
    else:
        yield from report_codes(verdict, findings, verdict.remarks, width)
    yield Text()


def report_codes(
    coded: Coded, findings: Sequence[Finding], remarks: Iterable[Remark], width: int
) -> Iterator[Text]:
    """Lay out codes with marks under those at fault, the proposal, findings and remarks."""
    if coded.procedures is None:
        yield Text(f"{_INDENT}an earlier release checked it, and kept no codes")
    else:
        yield from _marked(PROCEDURES, coded.procedures, findings, width)
    if coded.diagnoses is not None and any(field(each) == DIAGNOSES for each in findings):
        yield from _marked(DIAGNOSES, coded.diagnoses, findings, width)
    if coded.proposed and any(finding.fix for finding in findings):
        yield from _proposed(coded, coded.proposed, width)
    yield Text()
    for finding in findings:
        yield from _finding(finding, coded, width)
    for remark in remarks:
        yield from _wrapped(f"{_INDENT}remark: ", f"{remark.place} {remark.message}", width)


def _fault(fault: Fault) -> str:
    of_the_record = " of the record" if _IN_A_RECORD.fullmatch(fault.place) else ""
    return f"{fault.place}{of_the_record}: {fault.message}"


def _wrapped(heading: str, text: str, width: int) -> Iterator[Text]:
    """Wrap a text behind a heading, and indent what follows on other lines as far."""
    for line in wrap(visible(text), width - len(heading), break_on_hyphens=False):
        yield Text(heading + line)
        heading = " " * len(heading)


def _header(where: str, verdict: Verdict, width: int, more: str = "") -> Iterator[Text]:
    parts = [where]
    if verdict.episode_id is not None:
        parts.append(f"episode {visible(verdict.episode_id)}")
    if verdict.provider_code is not None:
        parts.append(f"provider {verdict.provider_code}")
    text = f"{', '.join(parts)}: {verdict.outcome}{more}"
    for line in wrap(text, width, subsequent_indent=_INDENT, break_on_hyphens=False):
        header = Text(line, "bold")
        header.highlight_regex(rf"{verdict.outcome}.*$", OUTCOME_STYLES[verdict.outcome])
        yield header


def _marked(
    name: str, codes: Sequence[str], findings: Sequence[Finding], width: int
) -> Iterator[Text]:
    """Lay out a list of codes, each with the rules that it breaks underneath."""

    def cell(text: str, found: Sequence[Finding]) -> Cell:
        if not found:
            return Cell(text)
        worst = min(found, key=lambda finding: list(Severity).index(finding.severity))
        labels = tuple(finding.rule for finding in found)
        return Cell(text, "^", labels, SEVERITY_STYLES[worst.severity])

    heading = cell(
        name.ljust(_HEADING_WIDTH), [each for each in findings if position(each) == name]
    )
    cells = [cell(cell_text(code), found) for code, found in mark(name, codes, findings)]
    yield from _indented(heading, cells or [Cell("(none)")], width)


def _proposed(coded: Coded, proposed: Sequence[str], width: int) -> Iterator[Text]:
    """Lay out the proposed sequence, with inserted, moved and replaced codes marked."""
    new = new_codes(coded)
    cells = [
        Cell(cell_text(code), "+", style=_PROPOSED) if index in new else Cell(cell_text(code))
        for index, code in enumerate(proposed)
    ]
    yield from _indented(Cell("proposed".ljust(_HEADING_WIDTH)), cells, width)
    yield Text(f"{_INDENT}{' ' * _HEADING_WIDTH} {remaining(coded)}")


def _indented(heading: Cell, cells: list[Cell], width: int) -> Iterator[Text]:
    for line in rows(heading, cells, width - len(_INDENT)):
        yield Text(_INDENT) + line


def _finding(finding: Finding, coded: Coded, width: int) -> Iterator[Text]:
    style = SEVERITY_STYLES[finding.severity]
    yield Text.assemble(
        _INDENT, (finding.rule, style), f" {finding.name}, ", (finding.severity, style)
    )
    fields = {
        "found": _found(finding, coded),
        "expected": finding.expected,
        "fix": finding.fix.text if finding.fix else "",
    }
    if rule := _RULES.get(finding.rule):
        fields["source"] = ", ".join((f"IPG12 clause {rule.clauses}", *rule.standards))
    for name, text in fields.items():
        yield from _wrapped(2 * _INDENT + name.ljust(_FIELD_WIDTH), text, width)


def _found(finding: Finding, coded: Coded) -> str:
    if finding.found is None:
        return " ".join(map(cell_text, coded.diagnoses or ())) or "no diagnosis"
    return f"{cell_text(finding.found)}, {position(finding)}"
