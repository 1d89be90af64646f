"""Running the notifier as a process."""

import logging
import os
import signal
import sys
from threading import Timer
from typing import Final

from streams.kafka.admin import verify_use
from streams.logs import set_up_logs
from streams.process import trouble_of, verify_port
from streams.rights import Command
from streams.settings import Settings
from streams.webhook.delivery import Delivery
from streams.webhook.metrics import WebhookMetrics
from streams.webhook.notifier import Notifier

GRACE_SECONDS: Final = 2.0
"""How long the receiver may still take to answer when the process is to stop."""

STOP_SECONDS: Final = 8.0
"""How long an orderly stop may take in all; what is not written down then is told again."""

log = logging.getLogger("ipg12.webhook")


def run_notifier(settings: Settings) -> None:
    """Tell steps until SIGTERM or SIGINT. Raises Trouble where that cannot go on."""
    # As the first process of a container it would not hear SIGTERM before it listens.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    delivery = Delivery(settings)
    port = settings.webhook_web_port
    verify_port("IPG12_WEBHOOK_WEB_PORT", port)
    verify_use(settings, Command.NOTIFIER)
    set_up_logs()
    log.info(
        "%s.start brokers=%s group=%s topics=%s* shape=%s web_port=%d",
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
        raise trouble_of(fault) from None
    log.info("%s.stop", Command.NOTIFIER)


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
            log.warning("%s.unanswered", Command.NOTIFIER)
            sys.exit(0)

    signal.signal(signal.SIGALRM, give_up)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _cut_off() -> None:
    log.warning("%s.cut-off seconds=%d", Command.NOTIFIER, STOP_SECONDS)
    os._exit(0)
