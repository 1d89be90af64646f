from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, TopicPartition

from streams.errors import OperatorError
from streams.notifier import group_offsets
from streams.notifier.group_offsets import GroupOffsets

END = 10


class Brokers:
    """What a member and an asker are told, and in which order they ask."""

    def __init__(self, offsets: dict[int, int], faults: list[int]) -> None:
        self.offsets = offsets
        self.asked: list[str] = []
        self._faults = faults

    def list_topics(self, topic: str, _: float) -> SimpleNamespace:
        error = KafkaError(self._faults.pop(0)) if self._faults else None
        found = SimpleNamespace(error=error, partitions=dict.fromkeys(self.offsets))
        return SimpleNamespace(topics={topic: found})

    def get_watermark_offsets(self, _: TopicPartition, __: float) -> tuple[int, int]:
        self.asked.append("end")
        return 0, END

    def committed(self, places: list[TopicPartition], _: float) -> list[TopicPartition]:
        self.asked.append("offsets")
        return [
            TopicPartition(each.topic, each.partition, self.offsets[each.partition])
            for each in places
        ]

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        assert not asynchronous
        self.offsets |= {each.partition: each.offset for each in offsets}
        return offsets


def begin(brokers: Brokers) -> None:
    GroupOffsets(brokers, brokers, "events", "group").begin()  # type: ignore[arg-type]  # fakes


def test_a_new_group_begins_at_the_ends_that_there_were_before_it_was_known_to_be_new() -> None:
    brokers = Brokers({0: -1001, 1: -1001}, [])
    begin(brokers)
    assert brokers.offsets == {0: END, 1: END}
    assert brokers.asked == ["end", "end", "offsets"]


def test_a_group_that_has_begun_goes_on_where_it_was() -> None:
    brokers = Brokers({0: 3, 1: 4}, [])
    begin(brokers)
    assert brokers.offsets == {0: 3, 1: 4}


def test_a_group_that_knows_some_partitions_only_drops_nothing_of_the_others() -> None:
    brokers = Brokers({0: 3, 1: -1001}, [])
    with pytest.raises(
        OperatorError, match="events/1 does not hold the next offset of the group group"
    ):
        begin(brokers)
    assert brokers.offsets == {0: 3, 1: -1001}


def test_a_topic_that_the_brokers_do_not_know_of_yet_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(group_offsets, "RETRY_SECONDS", 0.0)
    brokers = Brokers({0: -1001}, [KafkaError.LEADER_NOT_AVAILABLE] * 2)
    begin(brokers)
    assert brokers.offsets == {0: END}


def test_what_does_not_pass_is_trouble() -> None:
    brokers = Brokers({0: -1001}, [KafkaError.TOPIC_AUTHORIZATION_FAILED])
    with pytest.raises(OperatorError, match="cannot read topic events as group group"):
        begin(brokers)
