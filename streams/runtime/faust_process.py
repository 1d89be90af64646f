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
"""How long an orderly stop may take; what is left undone then is done by the successor."""

THREADS_SECONDS: Final = 1.0

GARBAGE_OBJECTS: Final = (50_000, 20, 100)
"""How many objects are made before each generation is searched for garbage.

Records wait by the thousand and form no cycles. Searched as often as Python does by itself, they
cost a quarter of the worker's processor time.
"""

SWITCH_SECONDS: Final = 0.1
"""How long a thread may compute while another waits.

Faust fetches in a thread of its own. At Python's own 5 ms each of its reads from a socket takes
the processor from a chunk that is being judged, which costs a tenth of all.
"""

log = logging.getLogger("ipg12.worker")


class PromptWorker(Worker):
    """Faust's worker, which ends in time even where brokers do not let go of it."""

    _deadline: Timer | None = None

    def _schedule_shutdown(self, signal: Signals) -> None:
        self._end_in_time()
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        self._end_in_time()
        super()._crash(reason)

    def end_soon(self, status: int) -> None:
        """Leave behind what still waits for a broker; everything else has been done.

        Threads hold Python up before its exit handlers, client libraries after them.
        """
        if self._deadline is not None:
            self._deadline.cancel()
        self._set_deadline(THREADS_SECONDS, lambda: os._exit(status))
        atexit.register(os._exit, status)

    def _end_in_time(self) -> None:
        if self._deadline is None:
            self._set_deadline(STOP_SECONDS, self._cut_off)

    def _set_deadline(self, seconds: float, end: Callable[[], None]) -> None:
        self._deadline = Timer(seconds, end)
        self._deadline.daemon = True
        self._deadline.start()

    def _cut_off(self) -> None:
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

    Raises OperatorError if it cannot go on. `port_variable` names the setting of `port`.
    """
    # As the first process of a container it would not hear SIGTERM before Faust listens.
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
    use("uvloop")  # an eighth of the processor time of a record, beside Python's own event loop
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
