"""The app of the alerts process: applies verdicts and commands to alerts."""

from collections import Counter
from collections.abc import Sequence

import faust
from aiokafka.structs import TopicPartition

from streams.alerting.metrics import AlertMetrics
from streams.alerting.processor import AlertProcessor
from streams.engine.app import create_app
from streams.engine.ledger import Ledger
from streams.engine.partition_reader import PartitionReader
from streams.engine.transaction_writer import TransactionWriter
from streams.kafka.admin import verify_topics
from streams.kafka.rights import Command
from streams.kafka.topics import Topics, alerts_group
from streams.runtime.faust_process import run_faust
from streams.settings import Settings


def create_alerts_app(settings: Settings) -> faust.App:
    """Create the app, a member of the group `IPG12_GROUP-alerts`."""
    ours = settings.model_copy(
        update={"group": alerts_group(settings), "web_port": settings.alerts_web_port}
    )
    topics = Topics(settings.topic_prefix)
    metrics = AlertMetrics()
    reader = PartitionReader(ours)
    ledger = Ledger(reader, topics.alert_ledger)

    def create_processor(number: int) -> AlertProcessor:
        writer = TransactionWriter(ours, TopicPartition(topics.verdicts, number))
        return AlertProcessor(ours, number, metrics, writer, reader, ledger)

    def on_tick(processors: Sequence[AlertProcessor]) -> None:
        metrics.alerts(sum((processor.count() for processor in processors), Counter()))

    return create_app(
        ours,
        {"verdicts": topics.verdicts, "commands": topics.alert_commands},
        lambda: verify_topics(settings, Command.ALERTS),
        create_processor,
        metrics,
        on_tick,
    )


def run_alerts(settings: Settings) -> None:
    """Run the alerts process until SIGTERM or SIGINT. Raises OperatorError if it must stop."""
    run_faust(
        settings,
        Command.ALERTS,
        lambda: create_alerts_app(settings),
        "IPG12_ALERTS_WEB_PORT",
        settings.alerts_web_port,
    )
