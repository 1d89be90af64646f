"""The worker, saying as it starts how far it has come; a process of its own.

Each milestone is a line on standard output: seconds on the monotonic clock, seconds of processor
time that the process has taken, and what was reached.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from time import monotonic, process_time
from typing import ParamSpec

import faust
from faust.transport.drivers.aiokafka import Consumer

from streams.engine.partition_task import PartitionTask
from streams.engine.transaction_writer import TransactionWriter
from streams.kafka.admin import verify_topics
from streams.kafka.rights import FaustCommand
from streams.runtime import faust_process
from streams.settings import Settings
from streams.validation.rule import Rule
from streams.worker import app
from streams.worker.app import create_worker_app

P = ParamSpec("P")


class Milestone(StrEnum):
    """What is reached in turn, until a record is committed."""

    IMPORTED = "Python started, modules imported"
    VERIFIED = "topics and rights verified"
    BUILT = "app made"
    SUBSCRIBED = "Faust started, input subscribed"
    ASSIGNED = "group joined, partitions assigned"
    FENCED = "predecessor fenced, of the first partition"
    OPENED = "ledger read, of the first partition"
    COMMITTED = "first chunk committed, other partitions opened meanwhile"


_reached: set[Milestone] = set()


def reach(milestone: Milestone) -> None:
    """Say when a milestone was reached first."""
    if milestone not in _reached:
        _reached.add(milestone)
        sys.stdout.write(f"{monotonic()} {process_time()} {milestone}\n")
        sys.stdout.flush()


def main() -> None:
    """Run the worker with its steps watched."""
    reach(Milestone.IMPORTED)

    def verify(settings: Settings, command: FaustCommand) -> None:
        verify_topics(settings, command)
        reach(Milestone.VERIFIED)

    def create(settings: Settings, rules: Sequence[Rule]) -> faust.App:
        app = create_worker_app(settings, rules)
        app.on_partitions_assigned.connect(_assigned)
        reach(Milestone.BUILT)
        return app

    steps = (
        (faust_process, "verify_topics", verify),
        (app, "create_worker_app", create),
        (Consumer, "subscribe", _reaching(Milestone.SUBSCRIBED, Consumer.subscribe)),
        (TransactionWriter, "start", _reaching(Milestone.FENCED, TransactionWriter.start)),
        (PartitionTask, "_open", _reaching(Milestone.OPENED, PartitionTask._open)),  # noqa: SLF001
        (TransactionWriter, "commit", _reaching(Milestone.COMMITTED, TransactionWriter.commit)),
    )
    for owner, name, step in steps:
        setattr(owner, name, step)
    app.run_worker(Settings.read())


async def _assigned(*_: object, **__: object) -> None:
    reach(Milestone.ASSIGNED)


def _reaching(
    milestone: Milestone, step: Callable[P, Awaitable[None]]
) -> Callable[P, Awaitable[None]]:
    """Make a step say that it has been done."""

    async def watched(*arguments: P.args, **options: P.kwargs) -> None:
        await step(*arguments, **options)
        reach(milestone)

    return watched


if __name__ == "__main__":
    main()
