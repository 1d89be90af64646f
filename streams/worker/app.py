"""The worker's app: validates the episodes of the input topic."""

from collections.abc import Sequence

import faust
from aiokafka.structs import TopicPartition

from streams.engine.app import create_app
from streams.engine.ledger import Ledger
from streams.engine.partition_reader import PartitionReader
from streams.engine.transaction_writer import TransactionWriter
from streams.kafka.admin import verify_topics
from streams.kafka.rights import Command
from streams.kafka.topics import Topics
from streams.runtime.faust_process import run_faust
from streams.settings import Settings
from streams.validation.rule import Rule
from streams.validation.rules import RULES
from streams.worker.dead_letter_alarm import DeadLetterAlarm
from streams.worker.metrics import Metrics
from streams.worker.processor import ValidationProcessor


def create_worker_app(settings: Settings, rules: Sequence[Rule] = RULES) -> faust.App:
    """Create the app that checks every episode against `rules`."""
    topics = Topics(settings.topic_prefix)
    ledger = Ledger(PartitionReader(settings), topics.ledger)
    metrics = Metrics(rules)
    alarm = DeadLetterAlarm(metrics)

    def create_processor(number: int) -> ValidationProcessor:
        source = TopicPartition(topics.episodes, number)
        writer = TransactionWriter(settings, source)
        return ValidationProcessor(settings, source, metrics, writer, ledger, rules)

    def on_tick(processors: Sequence[ValidationProcessor]) -> None:
        metrics.gap(sum(processor.gap for processor in processors))
        alarm.tick()

    return create_app(
        settings,
        {"episodes": topics.episodes},
        lambda: verify_topics(settings, Command.WORKER),
        create_processor,
        metrics,
        on_tick,
    )


def run_worker(settings: Settings, rules: Sequence[Rule] = RULES) -> None:
    """Run the worker until SIGTERM or SIGINT. Raises OperatorError if it cannot continue."""
    run_faust(
        settings,
        Command.WORKER,
        lambda: create_worker_app(settings, rules),
        "IPG12_WEB_PORT",
        settings.web_port,
    )
