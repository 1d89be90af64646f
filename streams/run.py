"""Running the worker as a process."""

import logging
import os
import sys
from signal import Signals, signal
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from threading import Timer
from typing import Final

from faust.worker import Worker

from streams.app import create_app
from streams.kafka.admin import verify_topics
from streams.logs import set_up_logs
from streams.settings import Settings
from streams.trouble import Trouble

STOP_SECONDS: Final = 9.0
"""How long an orderly stop may take; what is left undone then is done by the successor."""

log = logging.getLogger("ipg12.worker")


class PromptWorker(Worker):
    """Faust's worker, which ends in time even where brokers do not let go of it."""

    def _schedule_shutdown(self, signal: Signals) -> None:
        deadline = Timer(STOP_SECONDS, _cut_off)
        deadline.daemon = True
        deadline.start()
        super()._schedule_shutdown(signal)


def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises Trouble where the worker cannot go on."""
    # As the first process of a container it would not hear SIGTERM before Faust listens.
    signal(Signals.SIGTERM, lambda *_: sys.exit(0))
    _verify_port(settings.web_port)
    verify_topics(settings)
    set_up_logs()
    log.info(
        "worker.start brokers=%s group=%s topics=%s* web_port=%d",
        settings.brokers,
        settings.group,
        settings.topic_prefix,
        settings.web_port,
    )
    app = create_app(settings)
    worker = PromptWorker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        fault = app.crash_reason or (stop.__context__ if stop.code else None)
        if isinstance(fault, Trouble):
            raise fault from None
        if fault is None:
            log.info("worker.stop")
        else:
            message = f"worker stopped: {type(fault).__name__}; its log has the rest"
            raise Trouble(message) from fault


def _cut_off() -> None:
    log.warning("worker.cut-off seconds=%d", STOP_SECONDS)
    os._exit(0)


def _verify_port(port: int) -> None:
    """See that metrics and health can be served."""
    with socket() as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            message = f"cannot serve on port {port} (IPG12_WEB_PORT): {error.strerror}"
            raise Trouble(message) from None
