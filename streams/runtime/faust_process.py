"""Running a Faust app as a process."""

import atexit
import gc
import logging
import os
import sys
from collections.abc import Callable
from signal import Signals, signal
from threading import Timer
from typing import Final

import faust
from faust.worker import Worker
from mode.loop import use

from streams.errors import EXIT_CANNOT
from streams.kafka.admin import verify_topics
from streams.kafka.rights import FaustCommand
from streams.logs import set_up_logs
from streams.runtime.process import operator_error, verify_port
from streams.settings import Settings

STOP_SECONDS: Final = 9.0
"""How long a graceful stop may take; the next owner processes what is left."""

THREADS_SECONDS: Final = 1.0

GARBAGE_OBJECTS: Final = (50_000, 20, 100)
"""Thresholds of the garbage collector's generations.

Thousands of records are buffered and form no cycles. With Python's default thresholds, collection
takes a quarter of the worker's processor time.
"""

SWITCH_SECONDS: Final = 0.1
"""How long a thread may run while another waits.

Faust fetches in a thread of its own. At Python's default of 5 ms, each of its socket reads
interrupts the check of a chunk, which costs a tenth of the worker's time.
"""

log = logging.getLogger("ipg12.worker")


class PromptWorker(Worker):
    """Faust's worker, with a deadline for the stop even if brokers do not answer."""

    _deadline: Timer | None = None

    def _schedule_shutdown(self, signal: Signals) -> None:
        self._start_deadline()
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        self._start_deadline()
        super()._crash(reason)

    def end_soon(self, status: int) -> None:
        """Exit without waiting for the brokers, once everything else is finished.

        Python waits for threads before its exit handlers, and for client libraries after them.
        """
        if self._deadline is not None:
            self._deadline.cancel()
        self._set_deadline(THREADS_SECONDS, lambda: os._exit(status))
        atexit.register(os._exit, status)

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._set_deadline(STOP_SECONDS, self._force_stop)

    def _set_deadline(self, seconds: float, end: Callable[[], None]) -> None:
        self._deadline = Timer(seconds, end)
        self._deadline.daemon = True
        self._deadline.start()

    def _force_stop(self) -> None:
        log.warning("worker.stop-forced seconds=%d", STOP_SECONDS)
        if self.crash_reason is None:
            os._exit(0)
        sys.stderr.write(f"ipg12: {operator_error(self.crash_reason)}\n")
        sys.stderr.flush()
        os._exit(EXIT_CANNOT)


def run_faust(
    settings: Settings,
    command: FaustCommand,
    create: Callable[[], faust.App],
    port_variable: str,
    port: int,
) -> None:
    """Run the app that `create` returns until SIGTERM or SIGINT.

    Raises OperatorError if it cannot continue. `port_variable` names the setting of `port`.
    """
    # As process 1 of a container, it would ignore SIGTERM until Faust handles it.
    signal(Signals.SIGTERM, lambda *_: sys.exit(0))
    verify_port(port_variable, port)
    verify_topics(settings, command)
    set_up_logs()
    log.info(
        "%s.started brokers=%s group=%s topics=%s* web_port=%d",
        command,
        settings.brokers,
        settings.group,
        settings.topic_prefix,
        port,
    )
    use("uvloop")  # takes an eighth less processor time per record than asyncio's loop
    app = create()
    gc.freeze()
    gc.set_threshold(*GARBAGE_OBJECTS)
    sys.setswitchinterval(SWITCH_SECONDS)
    worker = PromptWorker(
        app, debug=False, override_logging=False, redirect_stdouts=False, quiet=True
    )
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        fault = app.crash_reason or (stop.__context__ if stop.code else None)
        worker.end_soon(EXIT_CANNOT if fault else 0)
        if fault is not None:
            raise operator_error(fault) from None
        log.info("%s.stopped", command)
