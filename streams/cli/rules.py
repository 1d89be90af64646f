"""`ipg12 rules`: the rule table."""

import sys
from typing import Final

_UNWRAPPED: Final = 200
"""Wide enough for any row, so that piped output has one rule per line."""


def rules() -> None:
    """Show the rules in a table."""
    from streams.cli.showing.rule_table import rule_table
    from streams.cli.showing.terminal import Screen, write

    screen = Screen.of_stdout() if sys.stdout.isatty() else Screen(_UNWRAPPED)
    write(screen.draw(rule_table()))
