"""A Faust agent as the tutorial writes it: for each record of a stream, send its copy.

With `--count` it also counts outcomes in a table, as the tutorial does.
"""

import os
import sys
from typing import Any, Final, cast

import faust
from faust.types import StreamT

from benchmarks.peers.work import BROKERS, GROUP, TOPICS, judged

app: Final = faust.App(
    GROUP,
    broker=[f"kafka://{broker}" for broker in BROKERS.split(",")],
    consumer_auto_offset_reset="earliest",
    key_serializer="raw",
    value_serializer="raw",
    producer_linger=0.05,
    producer_max_batch_size=200_000,
    stream_wait_empty=False,
    topic_partitions=int(os.environ["IPG12_PARTITIONS"]),
    topic_disable_leader=True,
    web_enabled=False,
)
episodes = app.topic(TOPICS.episodes, key_type=bytes, value_type=bytes)
outputs = {name: app.topic(name) for name in TOPICS.outputs.values()}
verdicts = app.topic(TOPICS.verdicts)
counts = app.Table("counts", default=int) if "--count" in sys.argv else None


@app.agent(episodes)
async def validate(stream: StreamT[bytes]) -> None:
    """Judge each record."""
    async for event in stream.events():
        message: Any = event.message  # a header may be null, whatever Faust's types say
        record = judged(message.partition, message.offset, event.value, message.headers)
        await outputs[record.topic].send(
            key=event.key,
            value=event.value,
            partition=message.partition,
            timestamp=message.timestamp,
            headers=cast("list[tuple[str, bytes]]", record.headers),
        )
        if record.answer is not None:
            await verdicts.send(
                key=record.answer.key,
                value=record.answer.value,
                headers=cast("list[tuple[str, bytes]]", record.answer.headers),
            )
        if counts is not None:
            counts[record.outcome] += 1


if __name__ == "__main__":
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()
