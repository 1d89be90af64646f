"""The command, with a rule that fails on the episodes of one spell."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from streams.cli import main
from streams.validation.rule import Hit
from streams.validation.rules import RULES
from streams.validation.sequence import CodedSequence
from streams.worker import app

POISON = "W37.1"


def fails_on_poison(sequence: CodedSequence) -> Iterator[Hit]:
    if any(procedure.submitted == POISON for procedure in sequence.procedures):
        raise ZeroDivisionError
    return iter(())


poisoned = replace(RULES[0], check=fails_on_poison, looks_at="procedures")
app.run_worker = partial(app.run_worker, rules=(*RULES, poisoned))
main()
