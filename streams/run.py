"""Running the worker as a process."""

import faust
from faust.worker import Worker

from streams.app import create_app
from streams.kafka.admin import verify_topics
from streams.logs import set_up_logs
from streams.settings import Settings
from streams.trouble import Trouble


def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises Trouble where the worker cannot go on."""
    verify_topics(settings)
    set_up_logs()
    app = create_app(settings)
    worker = Worker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit:
        _stop_for(app)


def _stop_for(app: faust.App) -> None:
    """Tell a stop that was asked for from one that was not."""
    reason = app.crash_reason
    if reason is None:
        return
    if isinstance(reason, Trouble):
        raise reason
    message = f"worker stopped: {type(reason).__name__}: {reason}"
    raise Trouble(message) from reason
