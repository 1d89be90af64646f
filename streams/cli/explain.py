"""`ipg12 explain`: the page of one rule."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from streams.errors import OperatorError

if TYPE_CHECKING:
    from streams.validation.rule import Rule


def explain(
    code: Annotated[str, Argument(help="Code or name of a rule, in any case, such as LV02.")],
) -> None:
    """Explain a rule: why it exists, its source, and what breaks it and what does not."""
    from streams.cli.showing.page import as_lines, rule_page
    from streams.cli.showing.terminal import Screen, write

    screen = Screen.of_stdout()
    write(screen.lines(as_lines(rule_page(find_rule(code)), screen.width)))


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
