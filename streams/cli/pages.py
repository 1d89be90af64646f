"""Generator of docs/rules and docs/dead-letters.md: `python -m streams.cli.pages [DIR]`."""

import sys
from pathlib import Path

from streams.cli.showing.dead_letter_page import dead_letter_pages
from streams.cli.showing.page import as_markdown, rule_page
from streams.validation.rule import Clause
from streams.validation.rules import RULES

DOCS = Path("docs")
RULE_PAGES = "rules"
DEAD_LETTERS = "dead-letters.md"


def rule_pages() -> dict[str, str]:
    """Return every page in docs/rules by file name: the index, and one for each rule."""
    return {"README.md": _index()} | {
        f"{rule.code}.md": as_markdown(rule_page(rule)) for rule in RULES
    }


def _index() -> str:
    rows = (
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.clauses} "
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
    docs = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    folder = docs / RULE_PAGES
    folder.mkdir(parents=True, exist_ok=True)
    current = rule_pages()
    for path in folder.glob("*.md"):
        if path.name not in current:
            path.unlink()
    for name, text in current.items():
        (folder / name).write_text(text, encoding="utf-8")
    (docs / DEAD_LETTERS).write_text(dead_letter_pages(), encoding="utf-8")


if __name__ == "__main__":
    main()
