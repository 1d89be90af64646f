"""The Faust app, made from settings."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import faust
from aiokafka.structs import TopicPartition

from streams.agents import carrier, or_crash
from streams.alert_metrics import AlertMetrics
from streams.flood import Flood
from streams.health import serve
from streams.kafka.admin import verify_topics
from streams.kafka.alerting import Alerting
from streams.kafka.attempts import Attempts
from streams.kafka.chunks import chunk_scheduler
from streams.kafka.connection import for_faust
from streams.kafka.outage import Outage
from streams.kafka.outlet import Outlet
from streams.kafka.partition import Partition
from streams.kafka.partitions import TICK_SECONDS, Partitions
from streams.kafka.reader import Reader
from streams.kafka.tables import NoTables
from streams.kafka.transport import CommittedTransport
from streams.kafka.validation import Validation
from streams.metrics import Metrics
from streams.rights import Command
from streams.settings import Settings
from streams.topics import Topics, alerts_group

SESSION_SECONDS: Final = 6.0
"""The least that brokers allow by default: what a killed worker leaves is taken over after it."""

HEARTBEAT_SECONDS: Final = 1.0

METADATA_MS: Final = 10_000
"""How soon partitions that were added to the input are seen, in milliseconds."""

FETCH_BYTES: Final = 2 * 1_048_576
"""Most that is fetched of a source partition at once: a few thousand records."""

BUFFERED_CHUNKS: Final = 3
"""Fetches that Faust keeps ready for each source partition."""


def create_app(settings: Settings) -> faust.App:
    """Make the worker's app: the validating agent, its partitions, metrics and health."""
    app = _app(settings)
    source = Topics(settings.topic_prefix).episodes
    assigned = _assignment(app, source)
    outage = Outage(lambda: verify_topics(settings, Command.WORKER))
    reader = Reader(settings)
    metrics = Metrics()
    flood = Flood(metrics)

    def make(number: int) -> Partition:
        place = TopicPartition(source, number)
        work = Validation(settings, place, metrics, Outlet(settings, place), reader)
        attempts = Attempts(f"{source}/{number}", outage, lambda: number in assigned())
        return Partition([place], work, reader.records, attempts, metrics)

    partitions = Partitions(settings, [source], outage, make, assigned)

    def look() -> None:
        metrics.gap(partitions.gap)
        flood.tick()

    _bring_forward(app, "validate", source, partitions)
    _look_after(app, partitions, look)
    serve(app, metrics.exposition, partitions.not_ready)
    return app


def create_alerts_app(settings: Settings) -> faust.App:
    """Make the app that keeps the alerts: an agent each for verdicts and commands."""
    ours = settings.model_copy(
        update={"group": alerts_group(settings), "web_port": settings.alerts_web_port}
    )
    app = _app(ours)
    topics = Topics(settings.topic_prefix)
    sources = topics.verdicts, topics.alert_commands
    assigned = _assignment(app, *sources)
    outage = Outage(lambda: verify_topics(settings, Command.ALERTS))
    reader = Reader(ours)
    metrics = AlertMetrics()
    kept: WeakValueDictionary[int, Alerting] = WeakValueDictionary()
    """What each partition does, for as long as it is there."""

    def make(number: int) -> Partition:
        places = [TopicPartition(source, number) for source in sources]
        work = kept[number] = Alerting(ours, number, metrics, Outlet(ours, places[0]), reader)
        attempts = Attempts(f"{sources[0]}/{number}", outage, lambda: number in assigned())
        return Partition(places, work, reader.records, attempts, metrics)

    partitions = Partitions(ours, sources, outage, make, assigned)

    def look() -> None:
        metrics.alerts(sum((each.count() for each in kept.values()), Counter()))

    for name, source in zip(("alert", "obey"), sources, strict=True):
        _bring_forward(app, name, source, partitions)
    _look_after(app, partitions, look)
    serve(app, metrics.exposition, partitions.not_ready)
    return app


def _app(settings: Settings) -> faust.App:
    """Make an app that does nothing yet."""
    app = faust.App(
        settings.group,
        broker=[f"kafka://{broker}" for broker in settings.brokers.split(",")],
        broker_credentials=for_faust(settings),
        broker_check_crcs=settings.check_crcs,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MS,
        consumer_max_fetch_size=FETCH_BYTES,
        ConsumerScheduler=chunk_scheduler(lambda: app.consumer_generation_id),
        TableManager=NoTables,
        stream_buffer_maxsize=BUFFERED_CHUNKS,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / f"ipg12-{settings.group}",
        web_port=settings.web_port,
        autodiscover=False,
        env={},  # Faust's own variables would override these
    )
    app.transport = CommittedTransport(app.conf.broker_consumer, app)
    return app


def _assignment(app: faust.App, *topics: str) -> Callable[[], frozenset[int]]:
    """Give what tells the numbers of which the group assigns us the partitions of all topics."""

    def assigned() -> frozenset[int]:
        places = app.consumer.assignment()
        return frozenset.intersection(
            *(frozenset(tp.partition for tp in places if tp.topic == topic) for topic in topics)
        )

    return assigned


def _bring_forward(app: faust.App, name: str, topic: str, partitions: Partitions) -> None:
    """Give a source topic an agent."""
    # Faust keeps no account of these: what is done stands in the ledger.
    source = app.topic(
        topic,
        key_type=bytes,
        key_serializer="raw",
        value_type=bytes,
        value_serializer="raw",
        acks=False,
    )
    app.agent(source, name=name, isolated_partitions=True)(carrier(app, partitions))


def _look_after(app: faust.App, partitions: Partitions, look: Callable[[], None]) -> None:
    """Have partitions follow the assignment, be looked at every second, and closed at the end."""

    @app.timer(TICK_SECONDS)  # type: ignore[untyped-decorator]  # Faust gives it no types
    async def look_after() -> None:
        await or_crash(app, partitions.tick())
        look()

    @app.on_partitions_assigned.connect
    async def open_at_once(*_: object, **__: object) -> None:
        app.add_future(look_after())

    @app.on_before_shutdown.connect
    async def close(*_: object, **__: object) -> None:
        await partitions.close()
