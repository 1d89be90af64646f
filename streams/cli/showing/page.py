"""The page of a rule, as `explain` prints it and as in docs/rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap

from rich.text import Text

from streams.cli.showing.rows import Cell, cell_text, rows
from streams.marks import DIAGNOSES, PROCEDURES, changed, mark
from streams.validation.check import check
from streams.validation.rule import Pair, Rule

_UNWRAPPED = 10_000
"""Wide enough for any example."""

_DIFF_STYLES = {"-": "red", "+": "green"}


class Kind(StrEnum):
    """The kind of a block."""

    TITLE = "title"
    HEADING = "heading"
    PROSE = "prose"
    DIFF = "diff"


@dataclass(frozen=True, slots=True)
class Block:
    """A title, a heading, a paragraph with one sentence per line, or a diff."""

    kind: Kind
    lines: tuple[str, ...]


def rule_page(rule: Rule) -> Iterator[Block]:
    """Yield the blocks of a rule's page."""
    yield Block(Kind.TITLE, (f"{rule.code} {rule.name}",))
    yield _prose(f"{rule.title}.", f"Severity: {rule.severity}.")
    yield Block(Kind.HEADING, ("Why",))
    for paragraph in rule.why.split("\n\n"):
        yield _prose(*paragraph.splitlines())
    yield Block(Kind.HEADING, ("Source",))
    yield _prose(f"Coding recommendation for IPG12, clause {rule.clauses}:", *rule.sources)
    if rule.standards:
        yield _prose(f"National clinical coding standards: {', '.join(rule.standards)}.")
    yield Block(Kind.HEADING, ("Examples",))
    for pair in rule.pairs:
        yield from _example(rule, pair)
    if not any(check(pair.bad).proposed for pair in rule.pairs):
        yield _prose("ipg12 proposes no fix for this rule.")


def as_markdown(page: Iterable[Block], level: int = 1) -> str:
    """Return a page as Markdown, its title a heading of the given level."""
    title = "#" * level
    opening = {Kind.TITLE: f"{title} ", Kind.HEADING: f"{title}# ", Kind.DIFF: "```diff\n"}
    closing = {Kind.DIFF: "\n```"}
    blocks = (
        opening.get(block.kind, "") + "\n".join(block.lines) + closing.get(block.kind, "")
        for block in page
    )
    return "\n\n".join(blocks) + "\n"


def as_lines(page: Iterable[Block], width: int) -> Iterator[Text]:
    """Lay out a page for a terminal of `width` columns."""
    for block in page:
        match block.kind:
            case Kind.TITLE | Kind.HEADING:
                yield Text(" ".join(block.lines), "bold")
            case Kind.PROSE:
                for line in wrap(" ".join(block.lines), width - 2, break_on_hyphens=False):
                    yield Text(f"  {line}")
            case Kind.DIFF:
                style = ""
                for line in block.lines:
                    style = _DIFF_STYLES.get(line[0], style)
                    yield Text(f"    {line}", style)
        if block.kind is not Kind.HEADING:
            yield Text()


def _prose(*sentences: str) -> Block:
    return Block(Kind.PROSE, sentences)


def _example(rule: Rule, pair: Pair) -> Iterator[Block]:
    """Yield a pair as a diff, with the codes at fault and the new codes marked."""
    verdict, corrected = check(pair.bad), check(pair.good)
    name, bad, good = PROCEDURES, verdict.procedures, corrected.procedures
    if bad == good:
        name, bad, good = DIAGNOSES, verdict.diagnoses, corrected.diagnoses
    bad, good = bad or (), good or ()
    faults = [finding for finding in verdict.findings if finding.rule == rule.code]
    at_fault = {index for index, each in enumerate(mark(name, bad, faults)) if each.findings}
    heading = Cell(name, mark="^" if name in [finding.place for finding in faults] else "")
    lines = [
        *_row("-", [heading, *_cells(bad, at_fault, "^")]),
        *_row("+", [Cell(name), *_cells(good, changed(bad, good), "+")]),
    ]
    why = f"{pair.why[0].upper()}{pair.why[1:]}"
    if name == DIAGNOSES and verdict.procedures:
        why += f", with {' '.join(verdict.procedures)}"
    yield _prose(f"{why}:")
    yield Block(Kind.DIFF, tuple(lines))
    if verdict.proposed and verdict.proposed == good:
        yield _prose("ipg12 proposes the same.")
    elif verdict.proposed:
        yield _prose(f"ipg12 proposes {' '.join(verdict.proposed)}.")


def _cells(codes: Sequence[str], marked: set[int], sign: str) -> list[Cell]:
    if not codes:
        return [Cell("(none)")]
    return [
        Cell(cell_text(code), sign if index in marked else "") for index, code in enumerate(codes)
    ]


def _row(sign: str, cells: list[Cell]) -> Iterator[str]:
    return (line.plain for line in rows(Cell(sign), cells, _UNWRAPPED))
