"""The command, with a rule that fails on the episodes of one spell."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial, wraps

from streams.cli import main
from streams.validation.rule import Hit
from streams.validation.rules import RULES
from streams.validation.sequence import CodedSequence
from streams.worker import app

POISON = "W37.1"

first, *others = RULES


@wraps(first.check)  # a finding has the name of its rule
def fails_on_poison(sequence: CodedSequence) -> Iterator[Hit]:
    if any(procedure.submitted == POISON for procedure in sequence.procedures):
        raise ZeroDivisionError
    yield from first.check(sequence)


app.run_worker = partial(app.run_worker, rules=(replace(first, check=fails_on_poison), *others))
main()
