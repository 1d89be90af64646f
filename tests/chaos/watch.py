"""Watching a ledger while faults strike: how far the work is, and how long it ever stood still."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Self

from broker.deployment import Deployment
from broker.records import open_consumer
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from schemas.ledger import LedgerRow

POLL_SECONDS = 0.05


class Watch:
    """Reads a ledger's committed rows as they appear, in a thread of its own."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._topic = deployment.topic("ledger")
        self._rows: dict[int, list[tuple[float, int]]] = defaultdict(list)
        """Of each source partition: when a row was seen, and its `upto`."""
        self._read: dict[int, int] = {}
        self._partitions = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def upto(self, partition: int) -> int:
        """Give the last offset that is done; -1 before any."""
        rows = self._rows.get(partition)
        return rows[-1][1] if rows else -1

    def unfinished(self, last: Mapping[int, int]) -> int:
        """Give how many offsets up to the last of each partition are not done."""
        return sum(max(0, offset - self.upto(number)) for number, offset in last.items())

    def caught_up(self) -> bool:
        """Tell whether every row that stands committed now has been read."""
        ends = self._deployment.ends("ledger")
        return all(self._read.get(number, 0) >= end for number, end in ends.items())

    def follow_more(self, partitions: int) -> None:
        """Follow partitions that were added to the ledger too."""
        self._partitions = partitions

    def longest_wait(self, delivered: Mapping[int, list[tuple[float, int]]]) -> float:
        """Give the longest time in seconds from a record's delivery until its row was seen.

        `delivered` gives for each partition when which offset was delivered, in order.
        """
        longest = 0.0
        for number, records in delivered.items():
            rows = iter(self._rows.get(number, ()))
            seen, upto = next(rows, (0.0, -1))
            for when, offset in records:
                while upto < offset:
                    seen, upto = next(rows, (time.monotonic(), offset))
                longest = max(longest, seen - when)
        return longest

    def _follow(self) -> None:
        consumer, followed = open_consumer(self._deployment.cluster.client, self._topic)
        while not self._over.is_set():
            added = range(len(followed), self._partitions)
            if added:
                consumer.incremental_assign(
                    [TopicPartition(self._topic, number, OFFSET_BEGINNING) for number in added]
                )
                followed += added
            message = consumer.poll(POLL_SECONDS)
            if message is not None and message.error() is None:
                number = int((message.key() or b"").rpartition(b"/")[2])
                row = LedgerRow.model_validate_json(message.value() or b"")
                self._rows[number].append((time.monotonic(), row.upto))
            places = [TopicPartition(self._topic, number) for number in followed]
            self._read = {
                place.partition: max(0, place.offset) for place in consumer.position(places)
            }
        consumer.close()
