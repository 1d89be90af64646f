"""The report on one record, for people."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from rich.text import Text

from schemas.episode import Episode
from schemas.rejection import Rejection
from schemas.verdict import Action, Finding, Outcome, Severity, Verdict
from streams.cli.showing.codes import shown_diagnoses, shown_procedures
from streams.cli.showing.rows import Cell, cell_text, changed, rows
from streams.cli.showing.terminal import visible
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
    Outcome.WITHDRAWN: "blue",
}
_PROPOSED: Final = "green"
_INDENT: Final = "  "
_HEADING_WIDTH: Final = len("procedures")
_FIELD_WIDTH: Final = len("expected") + 2
_RULES: Final = {rule.code: rule for rule in RULES}


def report_episode(where: str, verdict: Verdict, episode: Episode, width: int) -> Iterator[Text]:
    """Lay out the findings on an episode, with the codes at fault marked in the sequence."""
    procedures, diagnoses = shown_procedures(episode), shown_diagnoses(episode)
    yield from _header(where, verdict, width)
    yield from _marked("procedures", procedures, verdict, width)
    if any(finding.place.startswith("diagnoses") for finding in verdict.findings):
        yield from _marked("diagnoses", diagnoses, verdict, width)
    if verdict.proposed:
        yield from _proposed(procedures, verdict, verdict.proposed, width)
    yield Text()
    for finding in verdict.findings:
        yield from _finding(finding, diagnoses, width)
    yield Text()


def report_rejection(
    where: str, verdict: Verdict, rejection: Rejection, width: int
) -> Iterator[Text]:
    """Lay out why a record is not an episode."""
    yield from _header(where, verdict, width, f", {rejection.reason}")
    for fault in rejection.errors:
        place = f"{fault.place} of the record" if fault.place.startswith("line") else fault.place
        for line in wrap(f"{place}: {fault.message}", width - 2 * len(_INDENT)):
            yield Text(2 * _INDENT + line)
    yield Text()


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


def _marked(field: str, codes: list[str], verdict: Verdict, width: int) -> Iterator[Text]:
    """Lay out a list of codes, each with the rules that it breaks underneath."""

    def cell(text: str, place: str) -> Cell:
        found = [finding for finding in verdict.findings if finding.place == place]
        if not found:
            return Cell(text)
        worst = min(found, key=lambda finding: list(Severity).index(finding.severity))
        labels = tuple(finding.rule for finding in found)
        return Cell(text, "^", labels, SEVERITY_STYLES[worst.severity])

    heading = cell(field.ljust(_HEADING_WIDTH), field)
    cells = [cell(cell_text(code), f"{field}[{index}].code") for index, code in enumerate(codes)]
    yield from _indented(heading, cells or [Cell("(none)")], width)


def _proposed(
    procedures: list[str], verdict: Verdict, proposed: tuple[str, ...], width: int
) -> Iterator[Text]:
    """Lay out the proposed sequence, with inserted, moved and replaced codes marked."""
    moved = {
        finding.place
        for finding in verdict.findings
        if finding.fix and finding.fix.action is Action.MOVE
    }
    staying = [
        "" if f"procedures[{index}].code" in moved else code
        for index, code in enumerate(procedures)
    ]
    new = changed(staying, proposed)
    cells = [
        Cell(cell_text(code), "+", style=_PROPOSED) if index in new else Cell(cell_text(code))
        for index, code in enumerate(proposed)
    ]
    yield from _indented(Cell("proposed".ljust(_HEADING_WIDTH)), cells, width)


def _indented(heading: Cell, cells: list[Cell], width: int) -> Iterator[Text]:
    for line in rows(heading, cells, width - len(_INDENT)):
        yield Text(_INDENT) + line


def _finding(finding: Finding, diagnoses: list[str], width: int) -> Iterator[Text]:
    rule = _RULES[finding.rule]
    style = SEVERITY_STYLES[finding.severity]
    yield Text.assemble(
        _INDENT, (finding.rule, style), f" {finding.name}, ", (finding.severity, style)
    )
    fields = {
        "found": _found(finding, diagnoses),
        "expected": finding.expected,
        "fix": finding.fix.text if finding.fix else "",
        "source": ", ".join((f"IPG12 clause {rule.source.name}", *rule.standards)),
    }
    for name, text in fields.items():
        margin = 2 * _INDENT + name.ljust(_FIELD_WIDTH)
        for line in wrap(visible(text), width - len(margin), break_on_hyphens=False):
            yield Text(margin + line)
            margin = " " * len(margin)


def _found(finding: Finding, diagnoses: list[str]) -> str:
    if finding.found is None:
        return " ".join(map(cell_text, diagnoses)) or "no diagnosis"
    field, _, index = finding.place.partition("[")
    kind = "procedure" if field == "procedures" else "diagnosis"
    return f"{cell_text(finding.found)}, {kind} {int(index.partition(']')[0]) + 1}"
