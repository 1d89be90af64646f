"""Running the worker."""

from collections.abc import Iterable

from streams.kafka.rights import Command
from streams.runtime.faust_process import run_faust
from streams.settings import Settings
from streams.validation.rule import Rule
from streams.validation.rules import RULES
from streams.worker.app import create_worker_app


def run_worker(settings: Settings, rules: Iterable[Rule] = RULES) -> None:
    """Run the worker until SIGTERM or SIGINT. Raises OperatorError if it cannot continue."""
    run_faust(
        settings,
        Command.WORKER,
        lambda: create_worker_app(settings, rules),
        "IPG12_WEB_PORT",
        settings.web_port,
    )
