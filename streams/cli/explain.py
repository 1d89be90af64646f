"""`ipg12 explain`: the page of one rule, or of one reason of a dead letter."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from streams.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.cli.showing.page import Block
    from streams.validation.rule import Rule


def explain(
    name: Annotated[
        str,
        Argument(
            metavar="RULE|REASON",
            help="Code or name of a rule, such as LV02, or reason or hint of a dead letter, such "
            "as not-json; in any case.",
        ),
    ],
) -> None:
    """Explain a rule or the reason of a dead letter, with examples and what to do."""
    from streams.cli.showing.page import as_lines
    from streams.cli.showing.terminal import Screen, write

    screen = Screen.of_stdout()
    write(screen.lines(as_lines(_page(name), screen.width)))


def _page(name: str) -> "Iterator[Block]":
    """Return the page of a rule or reason. Raises OperatorError."""
    from schemas.rejection import Reason
    from streams.cli.showing.dead_letter_page import reason_page
    from streams.cli.showing.page import rule_page
    from streams.validation.reading.hints import HINTS
    from streams.validation.rules import RULES

    wanted = name.strip().lower()
    reasons = {hint.name: hint.reason for hint in HINTS} | {each: each for each in Reason}
    if wanted in reasons:
        return reason_page(reasons[wanted])
    for rule in RULES:
        if wanted in {rule.code.lower(), rule.name}:
            return rule_page(rule)
    codes = ", ".join(rule.code for rule in RULES)
    message = (
        f"there is no rule or reason {name}; the rules are {codes}; "
        f"the reasons are {', '.join(Reason)}"
    )
    raise OperatorError(message)


def find_rule(code: str) -> "Rule":
    """Return the rule with a code or name, in any case. Raises OperatorError."""
    from streams.validation.rules import RULES

    names = {name: rule for rule in RULES for name in (rule.code.lower(), rule.name)}
    rule = names.get(code.strip().lower())
    if rule is None:
        near = get_close_matches(code.strip().lower(), names, n=3, cutoff=0.5)
        codes = ", ".join(dict.fromkeys(names[name].code for name in near))
        advice = f"did you mean {codes}?" if codes else "see `ipg12 rules`"
        message = f"there is no rule {code}; {advice}"
        raise OperatorError(message)
    return rule
