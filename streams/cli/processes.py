"""Work shared out to processes, its results in order."""

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
"""Items for each process that may be waiting for it, or done and waiting to be taken."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Generator[Result, None, None]:
    """Give the result of each item in order, worked out in `jobs` processes.

    Items are taken only as results are. Trouble with the items comes after the results before it.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[Result]] = deque()
    trouble = None
    with ProcessPoolExecutor(jobs, initializer=_follow_parent) as pool:
        try:
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) > AHEAD * jobs:
                        yield waiting.popleft().result()
            except OperatorError as error:
                trouble = error
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            message = "a process was ended from outside; give fewer --jobs or more memory"
            raise OperatorError(message) from None
    if trouble:
        raise trouble


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when the parent has ended in whatever way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
    os._exit(1)
