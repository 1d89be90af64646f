"""The Faust app of a process that processes the records of its source topics exactly once."""

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import faust
from aiokafka.structs import TopicPartition

from streams.engine.availability import BrokerAvailability
from streams.engine.chunk_agent import chunk_agent, or_crash
from streams.engine.chunks import chunk_scheduler
from streams.engine.partition_metrics import PartitionMetrics
from streams.engine.partition_reader import PartitionReader
from streams.engine.partition_task import PartitionTask
from streams.engine.processor import ProcessorT
from streams.engine.retry import Retry
from streams.engine.tables import NoTables
from streams.engine.task_manager import TICK_SECONDS, TaskManager
from streams.engine.transport import CommittedTransport
from streams.kafka.connection import for_faust
from streams.runtime.health import answers, serve_with_faust
from streams.settings import Settings

SESSION_SECONDS: Final = 6.0
"""Session timeout of the group, and so the time until a killed process is replaced.

Brokers allow no less by default.
"""

HEARTBEAT_SECONDS: Final = 1.0

METADATA_MS: Final = 10_000
"""Longest time until partitions added to a source topic are discovered, in milliseconds."""

FETCH_BYTES: Final = 2 * 1_048_576
"""Most bytes fetched from a source partition at once: a few thousand records."""

BUFFERED_CHUNKS: Final = 3
"""Fetches that Faust buffers for each source partition."""


def create_app(
    settings: Settings,
    sources: Mapping[str, str],
    verify_topics: Callable[[], None],
    create_processor: Callable[[int], ProcessorT],
    metrics: PartitionMetrics,
    on_tick: Callable[[Sequence[ProcessorT]], None],
) -> faust.App:
    """Create the app, with an agent for each source topic, partition tasks, metrics and health.

    `sources` are source topics by the names of their agents; the first one names the partitions.
    `verify_topics` raises OperatorError if a topic or a right is missing.
    `create_processor` creates the processor of a partition number; `on_tick` is called about every
    second with those that are open.
    """
    app = _faust_app(settings)
    topics = list(sources.values())
    availability = BrokerAvailability(verify_topics)
    reader = PartitionReader(settings)

    def assigned() -> frozenset[int] | None:
        return assigned_numbers(app.consumer.assignment(), topics, standby=app.unassigned)

    def create_task(number: int) -> PartitionTask[ProcessorT]:
        partitions = [TopicPartition(topic, number) for topic in topics]
        retry = Retry(f"{topics[0]}/{number}", availability, lambda: number in (assigned() or ()))
        return PartitionTask(partitions, create_processor(number), reader.records, retry, metrics)

    tasks = TaskManager(settings, topics, availability, create_task, assigned)
    for name, topic in sources.items():
        source = app.topic(
            topic,
            key_type=bytes,
            key_serializer="raw",
            value_type=bytes,
            value_serializer="raw",
            acks=False,  # the ledger holds the position of each partition
        )
        app.agent(source, name=name, isolated_partitions=True)(chunk_agent(app, tasks))
    _supervise(app, tasks, lambda: on_tick(tasks.processors))
    serve_with_faust(app, answers(metrics.exposition, tasks.not_ready))
    return app


def assigned_numbers(
    assignment: Collection[TopicPartition], topics: Sequence[str], *, standby: bool
) -> frozenset[int] | None:
    """Return the numbers of which all `topics` are assigned.

    None if there are none, although the group has not said that this process is on `standby`.
    """
    numbers = frozenset.intersection(
        *(frozenset(tp.partition for tp in assignment if tp.topic == topic) for topic in topics)
    )
    return numbers if numbers or standby else None


def _faust_app(settings: Settings) -> faust.App:
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


def _supervise(app: faust.App, tasks: TaskManager[ProcessorT], on_tick: Callable[[], None]) -> None:
    """Run `tasks.tick` every second and after a rebalance, and close the tasks at shutdown."""

    @app.timer(TICK_SECONDS)  # type: ignore[untyped-decorator]  # Faust gives it no types
    async def tick() -> None:
        await or_crash(app, tasks.tick())
        on_tick()

    @app.on_partitions_assigned.connect
    async def open_at_once(*_: object, **__: object) -> None:
        app.add_future(tick())

    @app.on_before_shutdown.connect
    async def close(*_: object, **__: object) -> None:
        await tasks.close()
