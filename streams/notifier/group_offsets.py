"""How far a consumer group is in a topic: asked, written down, and begun at the end."""

import logging
from time import monotonic, sleep
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.errors import OperatorError

ANSWER_SECONDS: Final = 10.0
FIRST_START_SECONDS: Final = 30.0
"""How long the coordinator of a new group may take to be found."""
AGAIN_SECONDS: Final = 0.2

log = logging.getLogger("ipg12.webhook")

_PASSING: Final = {
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
"""What ends without our doing, or what the next rebalance settles."""


class GroupOffsets:
    """The offsets of a group, for one of its members."""

    def __init__(self, member: Consumer, asker: Consumer, topic: str, group: str) -> None:
        """Take over the member, and a consumer that asks where partitions end."""
        self._member = member
        self._asker = asker
        self._topic = topic
        self._group = group

    def begin(self) -> None:
        """Let a group that is new begin at the end of each partition, and write that down.

        Where another one of it has come first, the brokers refuse ours: its offsets hold. Raises
        Trouble.
        """
        deadline = monotonic() + FIRST_START_SECONDS
        while True:
            try:
                # In this order: what another one writes down meanwhile is not beyond these ends.
                ends = self._ends()
                new = [each for each in self.asked(ends) if each.offset < 0]
                if new and len(new) < len(ends):
                    raise self.unknown(new[0].partition)
                if new:
                    self.commit(ends)
                    log.warning(
                        "webhook.group-created group=%s partitions=%d", self._group, len(ends)
                    )
            except KafkaException as fault:
                if not is_transient(fault.args[0]) or monotonic() > deadline:
                    raise self.trouble(fault.args[0]) from None
                sleep(AGAIN_SECONDS)
            else:
                return

    def unknown(self, number: int) -> OperatorError:
        """Say that nobody knows what is to be told next of a partition."""
        message = (
            f"{self._topic}/{number} does not hold what the group {self._group} would tell next; "
            f"set the group's offset, see docs/operating.md"
        )
        return OperatorError(message)

    def _ends(self) -> list[TopicPartition]:
        """Ask where each partition ends. Raises KafkaException."""
        topic = self._asker.list_topics(self._topic, ANSWER_SECONDS).topics[self._topic]
        if topic.error:
            raise KafkaException(topic.error)
        places = [TopicPartition(self._topic, number) for number in topic.partitions]
        for place in places:
            place.offset = self._asker.get_watermark_offsets(place, ANSWER_SECONDS)[1]
        return places

    def asked(self, places: list[TopicPartition]) -> list[TopicPartition]:
        """Ask how far it is; an offset is negative where it has none. Raises KafkaException."""
        asked = [TopicPartition(each.topic, each.partition) for each in places]
        return _checked(self._member.committed(asked, ANSWER_SECONDS))

    def commit(self, places: list[TopicPartition]) -> None:
        """Write down how far it is. Raises KafkaException."""
        _checked(self._member.commit(offsets=places, asynchronous=False))

    def trouble(self, error: KafkaError) -> OperatorError:
        """Say that the brokers refuse, and what to do."""
        advice = "`ipg12 topics acls --for notifier` prints the rights that are needed"
        denied = "AUTHORIZATION_FAILED" in error.name()
        message = f"cannot read topic {self._topic} as group {self._group}: {error.str()}"
        return OperatorError(f"{message}; {advice}" if denied else message)


def _checked(places: list[TopicPartition]) -> list[TopicPartition]:
    """Raise what the brokers say of a single partition."""
    for each in places:
        if each.error:
            raise KafkaException(each.error)
    return places


def is_transient(error: KafkaError) -> bool:
    """Tell whether to wait, and try again."""
    return error.retriable() or error.code() in _PASSING
