"""The summary of a check, by outcome and by rule."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from schemas.verdict import Outcome
from streams.cli.showing.report import OUTCOME_STYLES, SEVERITY_STYLES
from streams.validation.rules import RULES

_EXPLAIN: Final = "For details of a rule or of a dead letter's reason, run `ipg12 explain NAME`."


def summarise(
    outcomes: Counter[Outcome], rules: Counter[str], only: Collection[str] = ()
) -> Iterator[Table | Text]:
    """Lay out the number of records by outcome, and of findings by rule: `only` these, if any."""
    yield _by_outcome(outcomes)
    if only:
        yield Text(f"Only findings of {', '.join(sorted(only))} are shown and counted.")
    if rules:
        yield _by_rule(rules)
    if rules or outcomes[Outcome.DEAD_LETTER]:
        yield Text(_EXPLAIN)


def notes(*, empty: bool, remarked: int, hidden: int, limit: int | None) -> str:
    """Return lines on what a summary does not show."""
    lines = (
        ("There are no records.\n", empty),
        (f"Records of which something was left out: {remarked:,}; see --format jsonl.\n", remarked),
        (f"Records not shown because of --limit {limit}: {hidden:,}.\n", hidden),
    )
    return "".join(line for line, said in lines if said)


def _by_outcome(outcomes: Counter[Outcome]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, show_footer=True)
    table.add_column("Outcome", footer="all")
    table.add_column("Records", footer=f"{outcomes.total():,}", justify="right")
    for outcome in Outcome:
        table.add_row(Text(outcome, OUTCOME_STYLES[outcome]), f"{outcomes[outcome]:,}")
    return table


def _by_rule(rules: Counter[str]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("Rule", "Name", "Severity"):
        table.add_column(heading)
    table.add_column("Findings", justify="right")
    for rule in RULES:
        if rules[rule.code]:
            severity = Text(rule.severity, SEVERITY_STYLES[rule.severity])
            table.add_row(rule.code, rule.name, severity, f"{rules[rule.code]:,}")
    return table
