"""Work distributed to processes, with the results in order."""

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import parent_process
from threading import Thread
from typing import Final, TypeVar

from streams.errors import OperatorError

AHEAD: Final = 4
"""Maximum number of items per process that are queued, or finished and not consumed yet."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Generator[Result, None, None]:
    """Yield the result of each item in order, computed in `jobs` processes.

    Items are read only as results are consumed. An error in `items` is raised after all results.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[Result]] = deque()
    failure = None
    with ProcessPoolExecutor(jobs, initializer=_follow_parent) as pool:
        try:
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) > AHEAD * jobs:
                        yield waiting.popleft().result()
            except OperatorError as error:
                failure = error
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            message = "a process was killed; use fewer --jobs or more memory"
            raise OperatorError(message) from None
    if failure:
        raise failure


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and exit when the parent has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
    os._exit(1)
