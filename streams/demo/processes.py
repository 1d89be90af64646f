"""Running `ipg12` commands as separate processes."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Final

from streams.errors import OperatorError

STOP_SECONDS: Final = 15.0


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[Callable[[], None]]:
    """Run a command, and terminate it at the end.

    Of the `IPG12_...` variables only those of `environment` are passed on. Yields a function that
    raises OperatorError if the command has ended by itself.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("IPG12_")}
    with TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603  # a command of ours
            [sys.executable, "-m", "streams.cli", *arguments],
            env={**others, **environment},
            stderr=log,
        )

        def check_alive() -> None:
            if process.poll() is not None:
                log.seek(0)
                lines = log.read().decode(errors="replace").splitlines()
                name = f"`ipg12 {' '.join(arguments)}`"
                message = f"{name} ended by itself: {lines[-1] if lines else 'without a message'}"
                raise OperatorError(message)

        try:
            yield check_alive
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
