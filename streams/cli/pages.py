"""Generator of docs/rules: `python -m streams.cli.pages [DIR]`."""

import sys
from pathlib import Path

from streams.cli.showing.page import as_markdown, rule_page
from streams.validation.rule import Clause
from streams.validation.rules import RULES

PAGES = Path("docs/rules")


def pages() -> dict[str, str]:
    """Return every page by file name: the index, and one for each rule."""
    return {"README.md": _index()} | {
        f"{rule.code}.md": as_markdown(rule_page(rule)) for rule in RULES
    }


def _index() -> str:
    rows = (
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.source.name} "
        f"| {rule.title} |"
        for rule in RULES
    )
    clauses = (f"| {clause.name} | {clause} |" for clause in Clause)
    return "\n".join(
        [
            "# The rules",
            "",
            "| Rule | Name | Severity | Clause | Title |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "Only an error makes an episode non-compliant.",
            "[The rule set](../rule-set.md) says how codes are read, and when a rule is broken.",
            "",
            "## The clauses of the coding recommendation for IPG12, paraphrased",
            "",
            "| Clause | What it says |",
            "|---|---|",
            *clauses,
            "",
            "These pages are generated: `python -m streams.cli.pages`.",
            "",
        ]
    )


def main() -> None:
    """Write the pages to a folder, and remove those of former rules."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGES
    folder.mkdir(parents=True, exist_ok=True)
    current = pages()
    for path in folder.glob("*.md"):
        if path.name not in current:
            path.unlink()
    for name, text in current.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
