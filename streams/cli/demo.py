"""`ipg12 demo`: everything at once, with nothing installed but the package."""

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.cli.showing.terminal import Screen
    from streams.demo.run import Demonstration

EXAMPLES: Final = 3


def demo() -> None:
    """Show it all at once: an embedded broker, invented episodes, the real worker.

    The broker is librdkafka's mock cluster, in memory; it proves nothing about delivery.
    """
    from streams.cli.showing.summary import summarise
    from streams.cli.showing.terminal import Screen, write
    from streams.demo.run import demonstrate
    from streams.trouble import Trouble

    screen = Screen.of_stdout()
    write(
        "Starting an embedded broker and a worker; publishing invented episodes (some seconds) …\n"
    )
    shown = demonstrate()
    write(f"Published {shown.published} records to {shown.source}.\n\nSome of the answers:\n\n")
    for report in _examples(shown, screen):
        write(report)
    for part in summarise(shown.accounted, shown.rules):
        write(screen.draw(part))
    counts = ", ".join(f"{len(copies)} {outcome}" for outcome, copies in shown.copies.items())
    write(f"\nIn the output topics: {counts}.\n")
    write(f"In the ledger: {shown.accounted.total()} of {shown.published} records.\n")
    if not shown.balanced:
        message = "ledger, topics and what was published do not agree; please report this"
        raise Trouble(message)
    write("They agree: every record in exactly one topic, each counted once.\n")


def _examples(shown: "Demonstration", screen: "Screen") -> "Iterator[str]":
    """Report on a few records that break something different each, and on one dead letter."""
    from streams.cli.judging import report_record

    by_fault = {
        verdict.rules: (source, value, verdict) for source, value, verdict in shown.refused()
    }
    dead_letter = by_fault.pop(())
    for source, value, verdict in [*islice(by_fault.values(), EXAMPLES), dead_letter]:
        yield screen.lines(report_record(source, value, verdict, screen.width))
