"""`ipg12 demo`: the whole system on one machine, with nothing but the package."""

import signal
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.cli.showing.terminal import Screen
    from streams.demo.run import Demonstration

EXAMPLES: Final = 3


def demo(
    *,
    hold: Annotated[
        bool, typer.Option("--hold", help="Continue with alerts and a dashboard, until Ctrl-C.")
    ] = False,
) -> None:
    """Run a demonstration: an embedded broker, invented episodes, the real worker.

    The broker is librdkafka's mock cluster, in memory; it is no proof of delivery guarantees.
    """
    from streams.cli.showing.terminal import Screen, write
    from streams.demo.run import demonstrate

    for number in signal.SIGTERM, signal.SIGINT:  # otherwise processes would be left behind
        signal.signal(number, signal.default_int_handler)
    write(
        "Starting an embedded broker and a worker; publishing invented episodes (some seconds) …\n"
    )
    with demonstrate() as shown:
        _show(shown, Screen.of_stdout())
        if hold:
            _hold(shown.broker)


def _show(shown: "Demonstration", screen: "Screen") -> None:
    from streams.cli.showing.summary import summarise
    from streams.cli.showing.terminal import write
    from streams.errors import OperatorError

    write(f"Published {shown.published} records to {shown.source}.\n\nSome of the reports:\n\n")
    for report in _examples(shown, screen):
        write(report)
    for part in summarise(shown.accounted, shown.rules):
        write(screen.draw(part))
    counts = ", ".join(f"{len(copies)} {outcome}" for outcome, copies in shown.copies.items())
    write(f"\nIn the output topics: {counts}.\n")
    write(f"In the ledger: {shown.accounted.total()} of {shown.published} records.\n")
    if not shown.balanced:
        message = "the ledger and the topics do not match what was published; please report this"
        raise OperatorError(message)
    write("They match: every record is in exactly one topic and counted once.\n")


def _hold(broker: str) -> None:
    from streams.cli.showing.terminal import write
    from streams.demo.hold import held

    write("\nStarting the alerts process and a dashboard (some seconds) …\n")
    with held(broker) as running:
        write(
            f"The dashboard is at {running.address} until Ctrl-C.\n"
            f"To deal with alerts there, sign in with the token {running.token}\n"
            f"To publish more, from another terminal:\n"
            f"    IPG12_BROKERS={broker} ipg12 publish docs/example.jsonl\n"
            f"`ipg12 alerts list` and the other commands work with the same IPG12_BROKERS.\n"
        )
        running.wait()


def _examples(shown: "Demonstration", screen: "Screen") -> "Iterator[str]":
    """Yield reports on a few records with different faults, and on one dead letter."""
    from streams.cli.showing.report import report

    by_fault = {verdict.rules: (source, verdict) for source, verdict in shown.refused()}
    dead_letter = by_fault.pop(())
    for source, verdict in [*islice(by_fault.values(), EXAMPLES), dead_letter]:
        yield screen.lines(report(source, verdict, verdict.findings, screen.width))
