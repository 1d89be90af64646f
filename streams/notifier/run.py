"""Running the notifier."""

import logging
import os
import signal
import sys
from threading import Timer
from typing import Final

from streams.kafka.admin import verify_use
from streams.kafka.rights import Command
from streams.logs import set_up_logs
from streams.notifier.delivery import Delivery
from streams.notifier.metrics import WebhookMetrics
from streams.notifier.notifier import Notifier
from streams.runtime.health import answers, serve_in_thread
from streams.runtime.process import operator_error, verify_port
from streams.settings import Settings

GRACE_SECONDS: Final = 2.0
"""How long a response is awaited after a signal to stop."""

STOP_SECONDS: Final = 8.0
"""How long an orderly stop may take; what is not committed then is delivered again."""

log = logging.getLogger("ipg12.webhook")


def run_notifier(settings: Settings) -> None:
    """Deliver alert events until SIGTERM or SIGINT. Raises OperatorError if it cannot go on."""
    # The first process of a container ignores SIGTERM unless it has a handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    delivery = Delivery(settings)
    port = settings.webhook_web_port
    verify_port("IPG12_WEBHOOK_WEB_PORT", port)
    verify_use(settings, Command.NOTIFIER)
    set_up_logs()
    log.info(
        "%s.started brokers=%s group=%s topics=%s* shape=%s web_port=%d",
        Command.NOTIFIER,
        settings.brokers,
        settings.group,
        settings.topic_prefix,
        settings.webhook_shape,
        port,
    )
    metrics = WebhookMetrics()
    try:
        notifier = Notifier(settings, delivery, metrics)
        serve_in_thread(port, answers(metrics.exposition, notifier.not_ready))
        _handle_signals(notifier, delivery)
        notifier.run()
    except Exception as fault:  # noqa: BLE001  # whatever it is, it ends in one line
        raise operator_error(fault) from None
    log.info("%s.stopped", Command.NOTIFIER)


def _handle_signals(notifier: Notifier, delivery: Delivery) -> None:
    """Stop on SIGTERM and SIGINT: before the next attempt, or some seconds into this one."""

    def stop(*_: object) -> None:
        if not notifier.stopping:
            notifier.stopping = True
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
            deadline = Timer(STOP_SECONDS, _exit)
            deadline.daemon = True
            deadline.start()

    def abandon(*_: object) -> None:
        if delivery.in_progress:
            log.warning("%s.delivery-abandoned", Command.NOTIFIER)
            sys.exit(0)

    signal.signal(signal.SIGALRM, abandon)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _exit() -> None:
    log.warning("%s.stop-forced seconds=%d", Command.NOTIFIER, STOP_SECONDS)
    os._exit(0)
