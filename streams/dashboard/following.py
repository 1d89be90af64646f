"""Keeping the view up to date with the topics."""

import asyncio
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from confluent_kafka import Message

from streams.dashboard.broadcast import Broadcast
from streams.dashboard.read_model import ReadModel, ReadRecord
from streams.kafka.topic_reader import TopicReader

LOOK_SECONDS: Final = 2.0
"""How often it is looked how far the worker is behind, and whether brokers answer."""


async def follow(contents: TopicReader, measured: str, view: ReadModel, notice: Broadcast) -> None:
    """Hand the view what stands on its topics, and what comes, until the notice is over.

    `measured` is the topic that the worker reads. Raises OperatorError.
    """
    looked = 0.0
    while not notice.over:
        messages = await asyncio.to_thread(lambda: list(contents.poll()))
        for message in messages:
            view.take(_read(message))
        news = bool(messages)
        if not contents.unfinished:
            news |= not view.complete
            view.complete = True
        if monotonic() - looked > LOOK_SECONDS:
            left = await asyncio.to_thread(contents.left, measured, view.timeline.upto)
            if left is not None:
                await asyncio.to_thread(contents.verify_whole)
            news |= _measured(view, left)
            looked = monotonic()
        if news:
            notice.tell()


def _measured(view: ReadModel, left: int | None) -> bool:
    """Note how much is left to do, None where nobody answers; tells whether that is news."""
    before = view.lag, view.brokers_unreachable_since
    if left is None:
        view.brokers_unreachable_since = view.brokers_unreachable_since or datetime.now(UTC)
    else:
        view.lag, view.brokers_unreachable_since = left, None
    return before != (view.lag, view.brokers_unreachable_since)


def _read(message: Message) -> ReadRecord:
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
