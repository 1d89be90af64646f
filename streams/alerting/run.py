"""Running the alerts process."""

from streams.alerting.app import create_alerts_app
from streams.kafka.rights import Command
from streams.runtime.faust_process import run_faust
from streams.settings import Settings


def run_alerts(settings: Settings) -> None:
    """Run the alerts process until SIGTERM or SIGINT. Raises OperatorError if it must stop."""
    run_faust(
        settings,
        Command.ALERTS,
        lambda: create_alerts_app(settings),
        "IPG12_ALERTS_WEB_PORT",
        settings.alerts_web_port,
    )
