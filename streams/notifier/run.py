"""Running the notifier as a process."""

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
from streams.runtime.process import operator_error, verify_port
from streams.settings import Settings

GRACE_SECONDS: Final = 2.0
"""How long the receiver may still take to answer when the process is to stop."""

STOP_SECONDS: Final = 8.0
"""How long an orderly stop may take in all; what is not written down then is told again."""

log = logging.getLogger("ipg12.webhook")


def run_notifier(settings: Settings) -> None:
    """Tell steps until SIGTERM or SIGINT. Raises OperatorError where that cannot go on."""
    # As the first process of a container it would not hear SIGTERM before it listens.
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
        metrics.serve(port)
        notifier = Notifier(settings, delivery, metrics)
        _listen(notifier, delivery)
        notifier.run()
    except Exception as fault:  # noqa: BLE001  # whatever it is, it ends in one line
        raise operator_error(fault) from None
    log.info("%s.stopped", Command.NOTIFIER)


def _listen(notifier: Notifier, delivery: Delivery) -> None:
    """Have SIGTERM and SIGINT end it: before the next attempt, or after some seconds of this."""

    def stop(*_: object) -> None:
        if not notifier.stopping:
            notifier.stopping = True
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
            deadline = Timer(STOP_SECONDS, _cut_off)
            deadline.daemon = True
            deadline.start()

    def give_up(*_: object) -> None:
        if delivery.waiting:
            log.warning("%s.delivery-abandoned", Command.NOTIFIER)
            sys.exit(0)

    signal.signal(signal.SIGALRM, give_up)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _cut_off() -> None:
    log.warning("%s.stop-forced seconds=%d", Command.NOTIFIER, STOP_SECONDS)
    os._exit(0)
