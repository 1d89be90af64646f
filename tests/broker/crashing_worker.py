"""A worker that comes upon a fault which quotes a record: crashing_worker.py PLACE worker."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NoReturn, cast

import streams.engine.chunks
from schemas.episode import Episode
from streams.cli import main
from streams.records import Record
from streams.validation.rules import RULES
from streams.worker import app
from streams.worker.metrics import Metrics


def quote(*content: object) -> NoReturn:
    """Fail, saying what the record holds in all the ways that there are for it."""
    said = ValueError(f"cannot stand {content!r}")
    said.add_note(repr(content))
    try:
        Episode.model_validate(content)
    except ValueError as error:
        raise said from error
    raise said


POISONED_RULE = replace(
    RULES[0],
    code="XX01",
    check=lambda sequence: quote([(each.submitted, each.code) for each in sequence.procedures]),
)
"""Stands before the other rules."""


def in_rule() -> None:
    app.run_worker = partial(app.run_worker, rules=(POISONED_RULE, *RULES))


def after_commit() -> None:
    Metrics.committed = lambda *given: quote([each.value for each in _records(given)])  # type: ignore[method-assign]  # a fault on purpose


def while_fetching() -> None:
    streams.engine.chunks.ChunkRecord = lambda *given: quote(  # type: ignore[assignment,misc]  # the same
        [(each.key, each.value, each.headers) for each in given[2].records]
    )


def beside_the_work() -> None:
    """Fail in tasks, threads and callbacks that nobody waits for, then in the work."""

    def fail_everywhere(*given: object) -> NoReturn:
        content = [each.value for each in _records(given)]

        async def never_awaited() -> None:
            quote(content)

        asyncio.ensure_future(never_awaited())  # noqa: RUF006  # nobody looks after it
        asyncio.get_running_loop().call_soon(quote, content)
        thread = threading.Thread(target=quote, args=(content,))
        thread.start()
        thread.join()
        with suppress(ValueError):
            quote(content)
        quote(content)

    Metrics.committed = fail_everywhere  # type: ignore[method-assign,assignment]  # the same


def _records(given: tuple[object, ...]) -> list[Record]:
    return cast("list[Record]", given[2])


PLACES: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (in_rule, after_commit, while_fetching, beside_the_work)
}

if __name__ == "__main__":
    PLACES[sys.argv.pop(1)]()
    main()
