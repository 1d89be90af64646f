"""The command, with a rule that fails on the episodes of one spell."""

from collections.abc import Iterator

from streams.cli import main
from streams.rule import Hit
from streams.rules import RULES
from streams.sequence import Sequence

POISON = "W37.1"


def fails_on_poison(sequence: Sequence) -> Iterator[Hit]:
    if any(procedure.submitted == POISON for procedure in sequence.procedures):
        raise ZeroDivisionError
    yield from _check(sequence)


_check = RULES[0].check
fails_on_poison.__name__ = _check.__name__
object.__setattr__(RULES[0], "check", fails_on_poison)
main()
