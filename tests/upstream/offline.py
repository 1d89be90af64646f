"""Faust without a broker: its own consumer, conductor and agents, on a log that a test sets out.

Only the thread that would speak to Kafka is replaced, and the producer.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import faust
from aiokafka import ConsumerRecord
from faust.agents.manager import AgentManager
from faust.transport.conductor import Conductor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import RecordMetadata
from mode import Service
from mode.types import ServiceT

SECONDS = 5
TURNS = 1_000

Sent = tuple[bytes | None, bytes | None]


@dataclass
class Log:
    """What stands on Kafka: it outlives an app, as brokers outlive a process."""

    values: dict[TP, list[bytes]]
    committed: dict[TP, int] = field(default_factory=dict)
    """The group's offsets."""
    sent: dict[str, list[Sent]] = field(default_factory=lambda: defaultdict(list))
    """Keys and values that were sent, by topic."""

    def records(self, tp: TP, position: int) -> list[ConsumerRecord]:
        """Give the records of a partition from a position on."""
        return [
            ConsumerRecord(tp.topic, tp.partition, offset, 0, 0, None, value, None, 0, 0, ())
            for offset, value in enumerate(self.values[tp])
            if offset >= position
        ]


class Thread(Service):
    """Takes the place of the thread in which Faust's consumer speaks to Kafka."""

    def __init__(self, log: Log) -> None:
        self.kafka = log
        self.next = dict.fromkeys(log.values, 0)
        self.arrived = asyncio.Event()
        """Cleared, it keeps what was fetched in flight."""
        self.arrived.set()
        self.in_flight = asyncio.Event()
        self.idle = asyncio.Event()
        super().__init__()

    async def getmany(self, active: set[TP], _: float) -> Mapping[TP, list[ConsumerRecord]]:
        fetched = {tp: self.kafka.records(tp, self.next[tp]) for tp in sorted(active)}
        found = {tp: records for tp, records in fetched.items() if records}
        if not found:
            self.idle.set()
            await asyncio.sleep(0)
        for tp, records in found.items():
            self.next[tp] = records[-1].offset + 1
        if found:
            self.in_flight.set()
            await self.arrived.wait()
        return found

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        self.kafka.committed.update(offsets)
        return True

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        self.next = {tp: self.kafka.committed.get(tp, 0) for tp in self.kafka.values}
        return {tp: self.kafka.committed.get(tp) for tp in self.kafka.values}

    def assignment(self) -> set[TP]:
        return set(self.kafka.values)

    def highwater(self, tp: TP) -> int:
        return len(self.kafka.values[tp])

    async def highwaters(self, *tps: TP) -> Mapping[TP, int]:
        return {tp: self.highwater(tp) for tp in tps}

    def topic_partitions(self, _: str) -> None:
        """Know nothing of other topics."""


class Consumer(driver.Consumer):
    """Faust's consumer on such a thread."""

    transport: "Transport"

    def _new_consumer_thread(self) -> Thread:  # type: ignore[override]  # what it calls of one
        return Thread(self.transport.log)

    @property
    def thread(self) -> Thread:
        return cast("Thread", self._thread)

    def activate(self) -> None:
        self._set_active_tps(self.assignment())

    def acknowledged(self, tp: TP) -> set[int]:
        return set(self._acked[tp])

    async def drain(self) -> None:
        """Hand over what is fetched, as Faust's fetcher does."""
        await self._drain_messages(cast("ServiceT", SimpleNamespace(_stopped=asyncio.Event())))


class Producer(driver.Producer):
    """Faust's producer, all of whose records are acknowledged at once."""

    transport: "Transport"

    async def on_start(self) -> None:
        await self.add_runtime_dependency(self.buffer)

    async def on_stop(self) -> None:
        """Leave nothing."""

    async def flush(self) -> None:
        """Everything has been sent."""

    async def send(  # type: ignore[override]  # it looks at no more
        self, topic: str, key: bytes | None, value: bytes | None, partition: int | None, **_: object
    ) -> asyncio.Future[RecordMetadata]:
        sent = self.transport.log.sent[topic]
        sent.append((key, value))
        done: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        tp = TP(topic, partition or 0)
        done.set_result(RecordMetadata(topic, tp.partition, tp, len(sent) - 1))
        return done


class Transport(driver.Transport):
    """Faust's transport with both."""

    Consumer = Consumer
    Producer = Producer

    def __init__(self, app: faust.App, log: Log) -> None:
        super().__init__(app.conf.broker_consumer, app)
        self.log = log


def plain_app(**settings: Any) -> faust.App:  # noqa: ANN401  # as Faust takes them
    """Make an app as Faust's documentation shows it."""
    return faust.App(
        "plain", broker="kafka://127.0.0.1:9", store="memory://", web_enabled=False, **settings
    )


@asynccontextmanager
async def running(app: faust.App, log: Log) -> AsyncIterator[Consumer]:
    """Run an app's agents on a log, from the group's offsets on, without the rest of a worker."""
    app.transport = Transport(app, log)
    consumer, agents = cast("Consumer", app.consumer), cast("AgentManager", app.agents)
    app.flow_control.resume()
    await app.producer.start()
    for agent in agents.values():
        await agent.start()
    agents.update_topic_index()
    assigned = consumer.assignment()
    await agents.on_rebalance(set(), assigned)
    await until(lambda: len(app.topics) > 0)
    await cast("Conductor", app.topics)._update_indices()  # noqa: SLF001
    await app.topics.on_partitions_assigned(assigned)
    consumer.activate()
    await consumer.perform_seek()
    draining = asyncio.create_task(consumer.drain())
    try:
        yield consumer
    finally:
        draining.cancel()
        await asyncio.wait({draining})
        agents.cancel()
        for agent in agents.values():
            await agent.stop()
        await app.producer.stop()


async def until(condition: Callable[[], object]) -> None:
    """Let everything else run until a condition is true."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110  # conditions of others' making
            await asyncio.sleep(0)


async def settle() -> None:
    """Let everything else run for so many turns of the loop that whoever was woken has acted."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
