"""All rules at a glance."""

from rich.table import Table
from rich.text import Text

from streams.cli.showing.report import SEVERITY_STYLES
from streams.validation.rules import RULES


def rule_table() -> Table:
    """Return a table of code, name, severity, clause and title of every rule."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for heading in ("Rule", "Name", "Severity", "Clause"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Title")
    for rule in RULES:
        severity = Text(rule.severity, SEVERITY_STYLES[rule.severity])
        table.add_row(rule.code, rule.name, severity, rule.clauses, rule.title)
    return table
