"""Keeps the read model up to date with the topics."""

import asyncio
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from confluent_kafka import Message

from streams.dashboard.broadcast import Broadcast
from streams.dashboard.read_model import ReadModel, ReadRecord
from streams.kafka.topic_reader import TopicReader

CHECK_SECONDS: Final = 2.0
"""Interval at which the worker's lag is measured, and whether the brokers answer."""


async def follow(
    reader: TopicReader, input_topic: str, read_model: ReadModel, broadcast: Broadcast
) -> None:
    """Apply all records of the topics until `broadcast` is closed. Raises OperatorError."""
    checked_at = 0.0
    while not broadcast.closed:
        messages = await asyncio.to_thread(lambda: list(reader.poll()))
        for message in messages:
            read_model.apply(_record(message))
        changed = bool(messages)
        if not reader.unfinished:
            changed |= not read_model.complete
            read_model.complete = True
        if monotonic() - checked_at > CHECK_SECONDS:
            lag = await asyncio.to_thread(reader.lag, input_topic, read_model.timeline.upto)
            if lag is not None:
                await asyncio.to_thread(reader.verify_whole)
            changed |= _set_lag(read_model, lag)
            checked_at = monotonic()
        if changed:
            broadcast.notify()


def _set_lag(read_model: ReadModel, lag: int | None) -> bool:
    """Set the lag, or with None that brokers do not answer; return whether that is a change."""
    lag_before, since = read_model.lag, read_model.brokers_unreachable_since
    if lag is None:
        read_model.brokers_unreachable_since = since or datetime.now(UTC)
    else:
        read_model.lag, read_model.brokers_unreachable_since = lag, None
    return (lag_before, since) != (read_model.lag, read_model.brokers_unreachable_since)


def _record(message: Message) -> ReadRecord:
    return ReadRecord(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.timestamp()[1],
        _bytes(message.key()) or b"",
        _bytes(message.value()),
    )


def _bytes(content: bytes | str | None) -> bytes | None:
    return content if isinstance(content, bytes) else None
