"""The offsets of a consumer group: read, committed, and set to the end at the first start."""

import logging
from time import monotonic, sleep
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.errors import OperatorError

REQUEST_SECONDS: Final = 10.0
FIRST_START_SECONDS: Final = 30.0
"""How long the coordinator of a new group may take to be found."""
RETRY_SECONDS: Final = 0.2

log = logging.getLogger("ipg12.webhook")

_TRANSIENT: Final = {
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  # the library's own names
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError._STATE,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError._WAIT_COORD,  # noqa: SLF001
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.NOT_COORDINATOR,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.UNKNOWN_MEMBER_ID,
}
"""Errors that pass by themselves, or that the next rebalance settles."""


class GroupOffsets:
    """The offsets of a group in one topic, for one of its members."""

    def __init__(self, member: Consumer, watermarks: Consumer, topic: str, group: str) -> None:
        """Use the member's own consumer, and another one to read watermarks."""
        self._member = member
        self._watermarks = watermarks
        self._topic = topic
        self._group = group

    def begin(self) -> None:
        """Commit the end of each partition if the group is new. Raises OperatorError.

        If another member has done so first, the brokers refuse ours: its offsets hold.
        """
        deadline = monotonic() + FIRST_START_SECONDS
        while True:
            try:
                # In this order: what another member commits meanwhile is not beyond these ends.
                ends = self._ends()
                new = [each for each in self.committed(ends) if each.offset < 0]
                if new and len(new) < len(ends):
                    raise self.out_of_range(new[0].partition)
                if new:
                    self.commit(ends)
                    log.warning(
                        "webhook.group-created group=%s partitions=%d", self._group, len(ends)
                    )
            except KafkaException as fault:
                if not is_transient(fault.args[0]) or monotonic() > deadline:
                    raise self.operator_error(fault.args[0]) from None
                sleep(RETRY_SECONDS)
            else:
                return

    def out_of_range(self, number: int) -> OperatorError:
        """Return the error that the next event of a partition is unknown or deleted."""
        message = (
            f"{self._topic}/{number} does not hold the next offset of the group {self._group}; "
            f"set the group's offset, see docs/operating.md#skip-an-event"
        )
        return OperatorError(message)

    def _ends(self) -> list[TopicPartition]:
        """Read the end of each partition. Raises KafkaException."""
        topic = self._watermarks.list_topics(self._topic, REQUEST_SECONDS).topics[self._topic]
        if topic.error:
            raise KafkaException(topic.error)
        places = [TopicPartition(self._topic, number) for number in topic.partitions]
        for place in places:
            place.offset = self._watermarks.get_watermark_offsets(place, REQUEST_SECONDS)[1]
        return places

    def committed(self, places: list[TopicPartition]) -> list[TopicPartition]:
        """Read the committed offsets; negative if there is none. Raises KafkaException."""
        places = [TopicPartition(each.topic, each.partition) for each in places]
        return _checked(self._member.committed(places, REQUEST_SECONDS))

    def commit(self, places: list[TopicPartition]) -> None:
        """Commit offsets. Raises KafkaException."""
        _checked(self._member.commit(offsets=places, asynchronous=False))

    def operator_error(self, error: KafkaError) -> OperatorError:
        """Return what the brokers refuse, and what to do."""
        advice = "`ipg12 topics acls --for notifier` prints the rights that are needed"
        denied = "AUTHORIZATION_FAILED" in error.name()
        message = f"cannot read topic {self._topic} as group {self._group}: {error.str()}"
        return OperatorError(f"{message}; {advice}" if denied else message)


def _checked(places: list[TopicPartition]) -> list[TopicPartition]:
    """Raise the error of a single partition, if there is one."""
    for each in places:
        if each.error:
            raise KafkaException(each.error)
    return places


def is_transient(error: KafkaError) -> bool:
    """Return whether to wait, and try again."""
    return error.retriable() or error.code() in _TRANSIENT
