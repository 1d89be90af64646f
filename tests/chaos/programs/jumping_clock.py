"""The command, with a wall clock that jumps by up to a year every second, forwards or back."""

import time
from random import Random

YEAR_SECONDS = 365 * 24 * 3600

true_time = time.time
true_time_ns = time.time_ns


def jump() -> float:
    return Random(int(time.monotonic())).uniform(-YEAR_SECONDS, YEAR_SECONDS)  # noqa: S311


time.time = lambda: true_time() + jump()
time.time_ns = lambda: true_time_ns() + int(jump() * 1e9)

from streams.cli import main  # noqa: E402  # whatever it imports gets the jumping clock

main()
