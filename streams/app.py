"""The Faust app, made from settings."""

import tempfile
from pathlib import Path
from typing import Final

import faust

from streams.agents import or_crash, validator
from streams.flood import Flood
from streams.health import serve
from streams.kafka.chunks import chunk_scheduler
from streams.kafka.connection import for_faust
from streams.kafka.partitions import TICK_SECONDS, Partitions
from streams.kafka.tables import NoTables
from streams.kafka.transport import CommittedTransport
from streams.metrics import Metrics
from streams.settings import Settings
from streams.topics import Topics

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
    source = Topics(settings.topic_prefix).episodes
    app = faust.App(
        settings.group,
        broker=[f"kafka://{broker}" for broker in settings.brokers.split(",")],
        broker_credentials=for_faust(settings),
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

    def assignment() -> frozenset[int]:
        return frozenset(tp.partition for tp in app.consumer.assignment() if tp.topic == source)

    metrics = Metrics()
    flood = Flood(metrics)
    partitions = Partitions(settings, source, metrics, assignment)
    # Faust keeps no account of these: what is done stands in the ledger.
    episodes = app.topic(
        source,
        key_type=bytes,
        key_serializer="raw",
        value_type=bytes,
        value_serializer="raw",
        acks=False,
    )
    app.agent(episodes, name="validate", isolated_partitions=True)(validator(app, partitions))
    serve(app, metrics, partitions.not_ready)

    @app.timer(TICK_SECONDS)  # type: ignore[untyped-decorator]  # Faust gives it no types
    async def look_after() -> None:
        await or_crash(app, partitions.tick())
        flood.tick()

    @app.on_partitions_assigned.connect
    async def open_at_once(*_: object, **__: object) -> None:
        app.add_future(look_after())

    @app.on_before_shutdown.connect
    async def close(*_: object, **__: object) -> None:
        await partitions.close()

    return app
